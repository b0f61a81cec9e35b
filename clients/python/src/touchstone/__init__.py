"""The training side of Touchstone: predictions are logged in one line and never get in the way.

Nothing is imported before it is used, so that ``import touchstone`` costs a few milliseconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from touchstone.artifacts import ArtifactCache as ArtifactCache
    from touchstone.artifacts import cached as cached
    from touchstone.digests import digest as digest
    from touchstone.plan import SamplingPlan as SamplingPlan
    from touchstone.run import Run as Run
    from touchstone.run import init as init

# Export → the module that has it. No module has the name of an export: importing it would put the
# module in the export's place.
_EXPORTS = {
    "ArtifactCache": "artifacts",
    "Run": "run",
    "SamplingPlan": "plan",
    "cached": "artifacts",
    "digest": "digests",
    "init": "run",
}

__all__ = sorted(_EXPORTS)


def __getattr__(name: str) -> Any:
    module = _EXPORTS.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS})
