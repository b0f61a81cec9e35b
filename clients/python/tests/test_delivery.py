"""On its way, on disk, or counted: through a broker that goes away and comes back."""

import time

import pytest
from confluent_kafka import KafkaError, KafkaException
from touchstone import delivery as module
from touchstone.counts import Tally
from touchstone.delivery import Delivery
from touchstone.spool import Message, Spool, waiting
from touchstone.worker import Backlog, Event, Worker


class Broker:
    """A producer that answers when the test says so."""

    def __init__(self):
        self.there = True
        self.answers = True
        self.refuses = None
        self.refuses_at_once = None
        self.arrived = []
        self.queue = []
        self.on_error = None

    def connect(self, on_error):
        self.on_error = on_error
        return self

    def produce(self, topic, *, value, key, on_delivery):
        if self.refuses_at_once == value:
            raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
        self.queue.append((Message(topic, key, value), on_delivery))

    def poll(self, timeout):
        if not self.answers:
            time.sleep(timeout)
            return 0
        queue, self.queue = self.queue, []
        for message, on_delivery in queue:
            error = None
            if self.refuses == message.value:
                error = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
            elif not self.there:
                error = KafkaError(KafkaError._MSG_TIMED_OUT)
            else:
                self.arrived.append(message)
            on_delivery(error, None)
        return len(queue)

    def list_topics(self, *, timeout):
        if not self.there:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    def purge(self):
        self.there, self.answers = False, True


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
def tally():
    return Tally()


@pytest.fixture
def delivery(broker, tally, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FIRST_RETRY_SECONDS", 0.0)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    return Delivery(Spool(tmp_path, 1 << 30), tally, broker.connect)


def message(number, size=10):
    return Message("t", b"k", number.to_bytes(4, "big") + bytes(size))


def settle(delivery, times=20):
    for _ in range(times):
        delivery.tick()


def numbers(broker):
    return [int.from_bytes(m.value[:4], "big") for m in broker.arrived]


def now():
    return time.monotonic()


def test_what_is_sent_arrives(delivery, broker, tally):
    for number in range(5):
        delivery.send(message(number))
    settle(delivery)
    assert numbers(broker) == list(range(5))
    assert (tally.counts().sent, delivery.busy) == (5, False)


def test_what_gets_no_answer_is_on_disk_and_is_sent_later(delivery, broker, tally, tmp_path):
    broker.there = False
    for number in range(3):
        delivery.send(message(number))
    settle(delivery)
    assert delivery.away and not broker.arrived
    delivery.send(message(3))
    assert not broker.queue, "while it is away nothing is kept in memory"
    counts = tally.counts()
    assert (counts.sent, counts.spooled, counts.dropped) == (0, 4, 0)
    broker.there = True
    settle(delivery)
    assert sorted(numbers(broker)) == [0, 1, 2, 3] and waiting(tmp_path) == []
    counts = tally.counts()
    assert (counts.sent, counts.spooled, counts.dropped) == (4, 0, 0)
    delivery.send(message(4))
    settle(delivery)
    assert numbers(broker)[-1] == 4


def test_a_file_that_is_half_sent_is_sent_again_whole(delivery, broker, tally, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "WINDOW_BYTES", 250)
    broker.there = False
    for number in range(10):
        delivery.send(message(number, 100))
        settle(delivery, 1)
    broker.there = True
    delivery.tick()
    settle(delivery, 2)
    assert 0 < len(broker.arrived) < 10, "there is no room for all at once"
    broker.there = False
    settle(delivery)
    assert len(waiting(tmp_path)) == 1
    before = len(broker.arrived)
    broker.there = True
    settle(delivery, 40)
    assert sorted(numbers(broker)[before:]) == list(range(10))
    assert (tally.counts().sent, tally.counts().spooled) == (10, 0)


def test_all_brokers_down_is_known_before_any_answer(delivery, broker):
    delivery.send(message(0))
    broker.on_error(KafkaError(KafkaError._TRANSPORT))
    assert not delivery.away, "one connection is not all"
    broker.on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    assert delivery.away


def test_closing_puts_on_disk_what_has_no_answer(delivery, broker, tally, tmp_path):
    delivery.send(message(0))
    broker.on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    broker.there = False
    delivery.close(now() + 30)
    assert tally.counts().spooled == 1 and delivery.in_flight_bytes == 0
    assert [p.suffix for p in waiting(tmp_path)] == [".spool"]


def test_what_kafka_refuses_for_good_is_dropped_and_said(delivery, broker, tally, tmp_path):
    broker.refuses = message(1).value
    for number in range(3):
        delivery.send(message(number))
    settle(delivery)
    assert numbers(broker) == [0, 2] and waiting(tmp_path) == []
    [(reason, times)] = tally.counts().reasons.items()
    assert "refuses a message of 15 bytes" in reason and times == tally.counts().dropped == 1


def test_a_file_with_a_message_that_kafka_refuses_is_sent_but_for_that(
    delivery, broker, tally, tmp_path
):
    broker.there = False
    for number in range(4):
        delivery.send(message(number))
    settle(delivery)
    broker.there, broker.refuses, broker.refuses_at_once = True, message(1).value, message(2).value
    settle(delivery)
    assert sorted(numbers(broker)) == [0, 3] and waiting(tmp_path) == []
    counts = tally.counts()
    assert (counts.sent, counts.spooled, counts.dropped) == (2, 0, 2)
    assert not delivery.busy


def test_without_room_it_waits_or_goes_to_disk(broker, tally, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "WINDOW_BYTES", 30)
    patient = Delivery(Spool(tmp_path, 1 << 30), tally, broker.connect)
    for number in range(5):
        patient.send(message(number))
    assert tally.counts().spooled == 0 and len(broker.arrived) >= 3
    pressed = Delivery(Spool(tmp_path, 1 << 30), tally, broker.connect, lambda: True)
    for number in range(5, 10):
        pressed.send(message(number))
    assert tally.counts().spooled == 3
    settle(pressed)
    settle(patient)
    assert sorted(numbers(broker)) == list(range(10))


def test_offline_all_is_on_disk(tally, tmp_path):
    delivery = Delivery(Spool(tmp_path, 1 << 30), tally, None)
    delivery.send(message(0))
    settle(delivery)
    assert not delivery.busy
    delivery.close(now())
    assert len(waiting(tmp_path)) == 1


def test_without_a_spool_what_cannot_be_sent_is_counted(broker, tally):
    delivery = Delivery(None, tally, broker.connect)
    broker.there = False
    delivery.send(message(0))
    settle(delivery)
    delivery.send(message(1))
    assert tally.counts().reasons == {"there is no spool for what Kafka can't take now": 2}


def test_a_full_spool_counts_what_it_drops(tally, tmp_path):
    delivery = Delivery(Spool(tmp_path, 100), tally, None)
    for number in range(3):
        delivery.send(message(number, 40))
    counts = tally.counts()
    assert (counts.spooled, counts.dropped) == (1, 2)
    assert "spool_max_bytes" in next(iter(counts.reasons))


def test_a_damaged_file_is_sent_up_to_the_damage_and_kept(delivery, broker, tally, tmp_path):
    spool = Spool(tmp_path, 1 << 30)
    for number in range(3):
        spool.append(message(number))
    spool.rotate()
    [path] = waiting(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    settle(delivery)
    assert numbers(broker) == [0, 1] and waiting(tmp_path) == []
    assert [p.suffix for p in tmp_path.iterdir()] == [".damaged"]
    assert "is cut off or damaged" in next(iter(tally.counts().reasons))


def test_settings_that_kafka_refuses_mean_disk(tally, tmp_path):
    def connect(_):
        return module.producer("localhost:9", lambda _: None, {"no.such.setting": 1})

    delivery = Delivery(Spool(tmp_path, 1 << 30), tally, connect)
    delivery.send(message(0))
    delivery.send(message(1))
    assert tally.counts().spooled == 2
    assert "No such configuration property" in next(iter(tally.counts().reasons))


def test_a_broker_that_never_answers_does_not_hold_up_the_end(broker, tally, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "WINDOW_BYTES", 200)
    broker.answers = False
    backlog = Backlog(1 << 20)
    delivery = Delivery(Spool(tmp_path, 1 << 30), tally, broker.connect, lambda: backlog.pressed)
    worker = Worker(backlog, delivery, tally)
    worker.start()
    times = {"run_id": "r", "metrics": {"a": 1.0}, "emitted_at": 1}
    for step in range(50):
        assert backlog.offer(Event("t", b"r", "run_event", times | {"step": step}))
    began = now()
    assert worker.finish(0.5), "all is somewhere"
    assert now() - began < 10
    assert not backlog.offer(Event("t", b"r", "run_event", times)), "it takes no more"
    counts = tally.counts()
    assert (counts.sent, counts.spooled, counts.dropped) == (0, 50, 0)
