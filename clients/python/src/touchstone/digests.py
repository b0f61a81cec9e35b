"""One digest for what a prediction depends on: the model, the data set, the transformation.

``touchstone.digest(value)`` is the same in every process, on every machine and in every version of
Python and NumPy, as long as the value is the same; where that cannot be promised it raises TypeError
and never guesses. It is ``d1-`` and 64 hexadecimal digits: BLAKE3 over a canonical form, each part of
which begins with a tag and, where its length varies, its length (u64, little-endian):

======================  ================================================================================
None, bool, int, float  tag; an int as decimal digits, a float as its 8 bytes (all NaN alike; -0.0 is not 0.0)
str, bytes              tag, length, UTF-8 or bytes
list, tuple             tag, count, items (a list is not the tuple of its items)
dict                    tag, count, pairs in the order of the digests of their keys
set, frozenset          tag, count, digests of the items, sorted
array, tensor, scalar   tag, type (``float32``, ``bfloat16`` …), shape, then the bytes: little-endian,
                        row-major; a torch, JAX or TensorFlow tensor is the NumPy array of its values
data frame, series      tag, names, index, columns
enum, pattern           tag; name and class; flags and pattern
date, Decimal, UUID …   tag, class, ``repr()``
path                    a file: tag, size, content; a directory: tag, count, relative names and contents
torch module            tag; name, class (with its source unless it is torch's own) and ``extra_repr()`` of
                        each submodule; parameters and buffers by name
function, class         tag; source, defaults, closure, and the module's globals that it uses
object                  tag; class (with its source), ``__getstate__()`` or ``__dict__`` and ``__slots__``
data set                whatever else has ``len()`` and ``[i]``: tag, count, items in order
======================  ================================================================================

Whether a module trains or evaluates is no part of it, nor on which device it is, nor gradients. Of
packages that are installed (not one's own files) functions and classes count by name and version.
"""

import ast
import datetime
import decimal
import enum
import fractions
import functools
import importlib.metadata
import inspect
import linecache
import math
import mmap
import os
import re
import struct
import sys
import sysconfig
import textwrap
import types
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from blake3 import blake3

# what these say of themselves is all they are
_BY_REPR = (
    complex, slice, datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone,
    decimal.Decimal, fractions.Fraction, uuid.UUID,
)  # fmt: skip

PREFIX = "d1-"
_FORM = b"touchstone.digest/1\n"

_MOST_DEPTH = 200


def digest(value: Any, *, version: str | None = None) -> str:
    """The digest of a value: ``d1-`` and 64 hexadecimal digits.

    ``version`` is for what cannot be seen (a function without source, a service that is called): it
    stands for every part that has no canonical form, so whoever gives it must change it whenever
    such a part changes.

    Raises TypeError naming the part and its type where there is no canonical form, ValueError for a
    value that holds itself.
    """
    form = _Form(version)
    form.value(value, "value")
    return PREFIX + form.hash.hexdigest()


class _Form:
    """Writes the canonical form into a hash."""

    def __init__(self, version: str | None) -> None:
        self.hash = blake3(_FORM)
        self.version = version
        self._open: list[int] = []
        # code that is written already, by its number; kept alive, so that ids stay theirs
        self._written: dict[int, tuple[int, Any]] = {}

    # ---- parts

    def tag(self, tag: str, *lengths: int) -> None:
        self.hash.update(struct.pack(f"<B{len(tag)}s{len(lengths)}Q", len(tag), tag.encode(), *lengths))

    def text(self, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        self.tag("str", len(data))
        self.hash.update(data)

    def content(self, data: Any) -> None:
        # on this thread alone: the library's threads would not live on in a forked process
        self.hash.update(data)

    def apart(self, value: Any, where: str) -> bytes:
        """The digest of one value alone, to sort by."""
        form = _Form(self.version)
        form._open = self._open
        form.value(value, where)
        return form.hash.digest()

    def value(self, value: Any, where: str) -> None:
        if value is None:
            self.tag("none")
        elif isinstance(value, bool | np.bool_):
            self.tag("true" if value else "false")
        elif type(value) is int:
            self.tag("int")
            self.text(_decimal(value))
        elif type(value) is float:
            self.tag("float")
            self.hash.update(struct.pack("<d", math.nan if math.isnan(value) else value))
        elif type(value) is str:
            self.text(value)
        elif isinstance(value, bytes | bytearray | memoryview):
            data = memoryview(value).cast("B") if isinstance(value, memoryview) else value
            self.tag("bytes", len(data))
            self.content(data)
        else:
            self.nested(value, where)

    def nested(self, value: Any, where: str) -> None:
        identity = id(value)
        if isinstance(value, types.FunctionType | types.ModuleType | functools._lru_cache_wrapper | type):
            if identity in self._written:
                # also a function that calls itself, or the one that calls it
                self.tag("again", self._written[identity][0])
                return
            self._written[identity] = (len(self._written), value)
        if identity in self._open:
            raise ValueError(f"{where} must not hold itself, got a {_name(type(value))} that does")
        if len(self._open) >= _MOST_DEPTH:
            raise ValueError(f"{where} must be nested at most {_MOST_DEPTH} deep")
        self._open.append(identity)
        try:
            self.write(value, where)
        finally:
            self._open.pop()

    def write(self, value: Any, where: str) -> None:
        if isinstance(value, np.ndarray | np.generic):
            self.array(np.asarray(value), where)
        elif isinstance(value, list | tuple) and type(value) in (list, tuple):
            self.tag(type(value).__name__, len(value))
            for i, item in enumerate(value):
                self.value(item, f"{where}[{i}]")
        elif isinstance(value, Mapping) and not _is_model(value):
            self.mapping(value, where)
        elif isinstance(value, set | frozenset):
            self.tag("set", len(value))
            for one in sorted(self.apart(item, f"{where}{{}}") for item in value):
                self.hash.update(one)
        elif isinstance(value, enum.Enum):
            self.tag("enum")
            self.text(value.name)
            self.value(type(value), where)
        elif isinstance(value, re.Pattern):
            self.tag("pattern", value.flags)
            self.value(value.pattern, where)
        elif type(value) in _BY_REPR:
            self.tag("repr")
            self.text(_name(type(value)))
            self.text(repr(value))
        elif isinstance(value, PurePath):
            self.path(Path(value), where)
        elif _is(value, "torch", "Tensor"):
            self.tensor(value, where)
        elif _is(value, "torch.nn", "Module"):
            self.module(value, where)
        elif _is(value, "keras", "Model") or _is(value, "keras", "Layer"):
            self.tag("keras")
            self.text(value.to_json() if hasattr(value, "to_json") else repr(sorted(value.get_config().items())))
            self.value([np.asarray(weight) for weight in value.weights], f"{where}.weights")
        elif _is(value, "xgboost", "Booster"):
            self.tag("xgboost")
            self.value(bytes(value.save_raw("ubj")), where)
        elif _is(value, "lightgbm", "Booster"):
            self.tag("lightgbm")
            self.text(value.model_to_string())
        elif _is(value, "pandas", "DataFrame"):
            self.tag("frame", value.shape[1])
            self.value(value.index, f"{where}.index")
            for place, name in enumerate(value.columns):
                self.value(_plain(name), f"{where}.columns[{place}]")
                self.column(value.iloc[:, place], f"{where}[{name!r}]")
        elif _is(value, "pandas", "Series"):
            self.tag("series")
            self.value(_plain(value.name), f"{where}.name")
            self.value(value.index, f"{where}.index")
            self.column(value, where)
        elif _is(value, "pandas", "MultiIndex"):
            self.value(value.to_frame(index=False), where)
        elif _is(value, "pandas", "Index"):
            self.tag("index")
            self.column(value, where)
        elif isinstance(value, types.ModuleType):
            self.source_file(value, where)
        elif isinstance(value, functools.partial):
            self.tag("partial")
            for part, name in ((value.func, "func"), (value.args, "args"), (value.keywords, "keywords")):
                self.value(part, f"{where}.{name}")
        elif isinstance(value, types.MethodType):
            self.tag("method")
            self.text(value.__name__)
            self.value(value.__func__, where)
            self.value(value.__self__, f"{where}.__self__")
        elif isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | np.ufunc):
            self.code(value, where)
        elif hasattr(value, "__array__") and not isinstance(value, type):
            # JAX and TensorFlow tensors, PyArrow arrays
            self.array(np.asarray(value), where)
        elif _is(value, "torch.utils.data", "TensorDataset"):
            self.tag("columns")
            self.value(tuple(value.tensors), f"{where}.tensors")
        elif isinstance(value, functools._lru_cache_wrapper):
            self.value(value.__wrapped__, where)
        elif _is_sequence(value) and not _is(value, "sklearn.base", "BaseEstimator"):
            self.tag("items", len(value))
            for i in range(len(value)):
                self.value(value[i], f"{where}[{i}]")
        else:
            self.instance(value, where)

    # ---- data

    def mapping(self, value: Mapping[Any, Any], where: str) -> None:
        self.tag("dict", len(value))
        pairs = sorted(((self.apart(key, f"{where} key"), key) for key in value), key=lambda pair: pair[0])
        for name, key in pairs:
            self.hash.update(name)
            self.value(value[key], f"{where}[{key!r}]")

    def array(self, array: "np.ndarray[Any, Any]", where: str) -> None:
        if array.dtype.names:
            # field by field: between them there may be bytes that nobody wrote
            self.tag("fields", len(array.dtype.names), *array.shape)
            for field in array.dtype.names:
                self.text(field)
                self.array(array[field], f"{where}[{field!r}]")
            return
        if array.dtype.kind == "O":
            self.tag("objects", *array.shape)
            for i, item in enumerate(array.ravel().tolist()):
                self.value(item, f"{where}[{i}]")
            return
        if array.dtype.kind == "U":
            # as many characters as the longest needs, whatever the array was made for
            self.tag("texts", *array.shape)
            for item in array.ravel().tolist():
                self.text(item)
            return
        # the widest floats have bytes that nobody wrote
        if array.dtype.kind not in "biufcSVmM" or array.dtype.char in "gG" or array.dtype.itemsize == 0:
            raise self.unknown(where, f"an array of {array.dtype}")
        big = array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and sys.byteorder == "big")
        ordered = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")) if big else array)
        name = array.dtype.name if array.dtype.kind != "S" else f"bytes{array.dtype.itemsize}"
        self.raw(name, array.shape, ordered)

    def raw(self, name: str, shape: Sequence[int], ordered: "np.ndarray[Any, Any]") -> None:
        self.tag("array")
        self.text(name)
        self.tag("shape", *shape)
        if ordered.size:
            self.content(ordered.reshape(-1).view(np.uint8).data)

    def tensor(self, tensor: Any, where: str) -> None:
        import torch

        if tensor.layout != torch.strided or tensor.is_quantized:
            raise self.unknown(where, f"torch tensor of layout {tensor.layout}")
        plain = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()
        name = str(plain.dtype).removeprefix("torch.")
        # bytes of any type, also of those that NumPy does not know
        flat = plain.reshape(-1).view(torch.uint8) if plain.numel() else torch.empty(0, dtype=torch.uint8)
        self.raw(name, plain.shape, flat.numpy())

    def column(self, column: Any, where: str) -> None:
        if str(column.dtype) == "category":
            column = column.astype(object)
        values = column.to_numpy()
        if values.dtype.kind == "O":
            self.tag("objects", len(values))
            missing = np.asarray(column.isna())
            for i, item in enumerate(values.tolist()):
                self.value(None if missing[i] else _plain(item), f"{where}[{i}]")
        else:
            self.array(values, where)

    def path(self, path: Path, where: str) -> None:
        if path.is_dir():
            names = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
            self.tag("directory", len(names))
            for name in names:
                self.text(name)
                self.path(path / name, where)
            return
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            self.tag("file", size)
            if size:
                with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as content:
                    self.content(content)

    # ---- models and code

    def module(self, module: Any, where: str) -> None:
        parts = list(module.named_modules(remove_duplicate=False))
        self.tag("module", len(parts))
        for name, part in parts:
            self.text(name)
            self.code(type(part), f"{where}.{name}" if name else where)
            self.text(part.extra_repr())
        tensors = dict(module.named_parameters(remove_duplicate=False))
        tensors.update(module.named_buffers(remove_duplicate=False))
        self.mapping(tensors, where)

    def code(self, code: Any, where: str) -> None:
        """A function or class."""
        name = f"{getattr(code, '__module__', None)}.{getattr(code, '__qualname__', _name(code))}"
        if not _is_own(code):
            self.tag("installed")
            self.text(name if isinstance(code, type | types.FunctionType) else f"numpy.{name}")
            self.package(str(getattr(code, "__module__", None) or "numpy"))
            if isinstance(code, types.FunctionType) and code.__closure__:
                # made by another one, from what it closes over
                self.closure(code, where)
            return
        source = _source(code)
        if source is None:
            if self.version is None:
                raise TypeError(
                    f"{where} must have source that can be read, got {name}: define it in a file with def or class, "
                    "or give version="
                )
            self.unseen(name)
            return
        self.tag("class" if isinstance(code, type) else "function")
        self.text(source)
        if isinstance(code, type):
            for base in code.__bases__:
                self.value(base, f"{where}.{base.__name__}")
            for name, member in vars(code).items():
                function = _function_of(member)
                if function is None:
                    continue
                if function.__module__ == code.__module__ and function.__code__.co_filename == _file(code):
                    self.surroundings(function, where)
                elif (function.__closure__ or _is_own(function)) and not _is_generated(function):
                    self.value(function, f"{where}.{name}")
        else:
            self.value(code.__defaults__, f"{where} defaults")
            self.value(code.__kwdefaults__, f"{where} defaults")
            self.surroundings(code, where)

    def source_file(self, module: types.ModuleType, where: str) -> None:
        """An imported module: one's own counts with its source, and what it imports of one's own."""
        file = getattr(module, "__file__", None)
        if not file or _is_installed(file):
            self.package(module.__name__)
            return
        self.tag("module source")
        self.path(Path(file), where)
        for name, member in sorted(vars(module).items()):
            other = member if isinstance(member, types.ModuleType) else sys.modules.get(getattr(member, "__module__", ""))
            if isinstance(other, types.ModuleType) and other is not module:
                if not _is_installed(getattr(other, "__file__", None) or "<"):
                    self.value(other, f"{where}.{name}")

    def surroundings(self, function: types.FunctionType, where: str) -> None:
        """What a function sees from outside: its closure, and globals by the names it uses."""
        self.closure(function, where)
        for name in sorted(_names(function.__code__)):
            if name in function.__globals__:
                self.text(name)
                self.value(function.__globals__[name], f"{where} global {name}")

    def closure(self, function: types.FunctionType, where: str) -> None:
        for name, cell in sorted(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True), key=_first):
            if name == "__class__":
                continue
            self.text(name)
            try:
                content = cell.cell_contents
            except ValueError:
                self.tag("empty")
                continue
            self.value(content, f"{where} closure {name}")

    def instance(self, value: Any, where: str) -> None:
        kind = type(value)
        if kind.__module__ in ("logging", "threading", "_thread", "typing"):
            # makes no difference to what comes out
            self.tag("service")
            self.text(_name(kind))
            return
        state = self.state(value, kind)
        if state is None:
            if self.version is None:
                raise self.unknown(where, _name(kind))
            self.unseen(_name(kind))
            return
        self.tag("object")
        self.code(kind, where)
        self.value(state, where)

    def state(self, value: Any, kind: type) -> Any:
        own = getattr(kind, "__getstate__", None)
        if own is not None and own is not getattr(object, "__getstate__", None):
            return value.__getstate__()
        found = dict(vars(value)) if hasattr(value, "__dict__") else None
        for base in kind.__mro__:
            slots = base.__dict__.get("__slots__", ())
            for slot in (slots,) if isinstance(slots, str) else slots:
                if slot not in ("__dict__", "__weakref__") and hasattr(value, slot):
                    found = {} if found is None else found
                    found[slot] = getattr(value, slot)
        return found

    def unseen(self, name: str) -> None:
        self.tag("version")
        self.text(name)
        self.text(self.version or "")

    def package(self, module: str) -> None:
        self.tag("package")
        self.text(module)
        self.text(_version(module.partition(".")[0]))

    def unknown(self, where: str, kind: object) -> TypeError:
        return TypeError(f"{where} must have a canonical form, got {kind}: give what it is made from, or version=")


def _decimal(value: int) -> str:
    # decimal digits of large numbers are limited; hexadecimal ones are not
    return str(value) if value.bit_length() < 4096 else hex(value)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _name(kind: Any) -> str:
    return f"{getattr(kind, '__module__', '')}.{getattr(kind, '__qualname__', kind)}"


def _is(value: Any, module: str, name: str) -> bool:
    """Whether a value is of a class of a package, which is not imported for that."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def _is_model(value: Any) -> bool:
    return _is(value, "torch.nn", "Module")


def _is_sequence(value: Any) -> bool:
    return hasattr(type(value), "__len__") and hasattr(type(value), "__getitem__") and not isinstance(value, type)


def _function_of(member: Any) -> types.FunctionType | None:
    if isinstance(member, staticmethod | classmethod):
        member = member.__func__
    if isinstance(member, property):
        member = member.fget
    if isinstance(member, functools.cached_property):
        member = member.func
    return member if isinstance(member, types.FunctionType) else None


@functools.lru_cache(maxsize=1)
def _installed_roots() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    roots = {os.path.realpath(paths[key]) for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(root + os.sep for root in roots)


def _is_installed(file: str) -> bool:
    real = os.path.realpath(file)
    packaged = "site-packages" in real.split(os.sep) or "dist-packages" in real.split(os.sep)
    return file.startswith("<") or packaged or real.startswith(_installed_roots())


def _is_generated(function: types.FunctionType) -> bool:
    """Whether a decorator of the class wrote it: the source of the class says what it writes."""
    code: types.CodeType = inspect.unwrap(function).__code__
    return code.co_filename == "<string>"


def _file(code: Any) -> str | None:
    try:
        return inspect.getsourcefile(code)
    except (OSError, TypeError):
        return None


def _is_own(code: Any) -> bool:
    """Whether a function or class is of one's own files, or of a session."""
    if isinstance(code, types.FunctionType):
        file = code.__code__.co_filename
        return file.startswith(("<stdin>", "<string>", "<ipython")) or not _is_installed(file)
    if isinstance(code, type):
        module = sys.modules.get(code.__module__)
        file = getattr(module, "__file__", None) or ""
        return code.__module__ == "__main__" or (bool(file) and not _is_installed(file))
    return False


def _source(code: Any) -> str | None:
    """Source without indentation and trailing blanks; None where there is none."""
    if isinstance(code, types.FunctionType) and code.__name__ == "<lambda>":
        return _lambda(code)
    try:
        linecache.checkcache()
        # of the code object: a function's own, not that of the one it wraps
        text = textwrap.dedent(inspect.getsource(code.__code__ if isinstance(code, types.FunctionType) else code))
    except (OSError, TypeError):
        return None
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def _lambda(function: types.FunctionType) -> str | None:
    """The text of a lambda alone; None where several on its line might be it."""
    lines, _ = inspect.findsource(function) if _has_source(function) else ([], 0)
    if not lines:
        return None
    text = "".join(lines)
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    found = {
        ast.get_source_segment(text, node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda) and node.lineno == function.__code__.co_firstlineno
    }
    return found.pop() if len(found) == 1 else None


def _has_source(function: types.FunctionType) -> bool:
    try:
        inspect.findsource(function)
    except (OSError, TypeError):
        return False
    return True


def _first(pair: tuple[str, Any]) -> str:
    return pair[0]


def _names(code: types.CodeType) -> set[str]:
    """Names that a function or those inside it look up outside."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names


@functools.lru_cache(maxsize=None)
def _version(package: str) -> str:
    if package in sys.stdlib_module_names:
        # named, not numbered: a digest holds over versions of Python
        return ""
    for name in (package, *_distributions().get(package, ())):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return str(getattr(sys.modules.get(package), "__version__", ""))


@functools.lru_cache(maxsize=1)
def _distributions() -> Mapping[str, Iterable[str]]:
    return importlib.metadata.packages_distributions()
