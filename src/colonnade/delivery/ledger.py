"""What is known of every column: fired, not fired, or unknown. The one set of rules, live and after a crash."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from colonnade.delivery.shots import ShotFile


class ColumnState(IntEnum):
    """An unknown column may have been fired: it is never fired again."""

    NOT_FIRED = 0
    FIRED = 1
    UNKNOWN = 2


class StampState(StrEnum):
    """Where a stamp stands. An interrupted one waits for the operator; the default is to skip it."""

    PENDING = "pending"
    OPEN = "open"
    INTERRUPTED = "interrupted"
    CONFIRMED = "confirmed"
    """Interrupted, and the operator explicitly confirmed that the handpiece has not moved."""
    DONE = "done"
    SKIPPED = "skipped"


class LedgerError(RuntimeError):
    """A step that would lose or double a column. Nothing was changed, and nothing may be fired."""


@dataclass
class Ledger:
    """Stamps in order, each with the numbers of its first and last column; columns and stamps count from 1."""

    bounds: tuple[tuple[int, int], ...]
    columns: bytearray = field(init=False)
    stamps: list[StampState] = field(init=False)
    open_stamp: int = 0
    pending: int = 0
    """The column whose intent is written and whose outcome is not; 0 if none."""

    def __post_init__(self) -> None:
        self.columns = bytearray(self.bounds[-1][1] + 1)
        self.stamps = [StampState.PENDING for _ in self.bounds]

    @classmethod
    def of(cls, shots: ShotFile) -> Ledger:
        """The ledger of a shot file, everything not fired."""
        firsts = shots.first_column
        return cls(tuple((a, a + len(s.columns) - 1) for a, s in zip(firsts, shots.stamps, strict=True)))

    def _need(self, holds: bool, why: str) -> None:
        if not holds:
            raise LedgerError(why)

    def begin(self, stamp: int) -> None:
        """The pedal was pressed on ``stamp``."""
        self._need(not self.open_stamp, f"stamp {self.open_stamp} is still open")
        self._need(1 <= stamp <= len(self.stamps), f"there is no stamp {stamp}")
        state = self.stamps[stamp - 1]
        self._need(state in (StampState.PENDING, StampState.CONFIRMED), f"stamp {stamp} is {state}")
        self.stamps[stamp - 1], self.open_stamp = StampState.OPEN, stamp

    def intent(self, column: int) -> None:
        """``column`` is about to be fired. Refused unless it is not fired, in the open stamp, and alone."""
        self._need(self.open_stamp > 0, "no stamp is open")
        low, high = self.bounds[self.open_stamp - 1]
        self._need(low <= column <= high, f"column {column} is not in stamp {self.open_stamp}")
        self._need(not self.pending, f"column {self.pending} has no outcome yet")
        self._need(self.columns[column] == ColumnState.NOT_FIRED, f"column {column} may have been fired already")
        self.columns[column], self.pending = ColumnState.UNKNOWN, column

    def outcome(self, column: int, state: ColumnState) -> None:
        """What became of the column whose intent stands."""
        self._need(column == self.pending != 0, f"column {column} has no intent")
        self.columns[column], self.pending = state, 0

    def end(self, stamp: int, *, complete: bool) -> None:
        """The stamp ended: complete, or interrupted and waiting for a decision."""
        self._need(stamp == self.open_stamp != 0, f"stamp {stamp} is not open")
        self._need(not self.pending, f"column {self.pending} has no outcome yet")
        self.stamps[stamp - 1] = StampState.DONE if complete else StampState.INTERRUPTED
        self.open_stamp = 0

    def decide(self, stamp: int, *, go_on: bool) -> None:
        """The operator's decision on an interrupted stamp; skipping is also possible before it began."""
        self._need(1 <= stamp <= len(self.stamps), f"there is no stamp {stamp}")
        state = self.stamps[stamp - 1]
        if go_on:
            self._need(state is StampState.INTERRUPTED, f"stamp {stamp} is {state}, not interrupted")
            self.stamps[stamp - 1] = StampState.CONFIRMED
        else:
            may = (StampState.INTERRUPTED, StampState.CONFIRMED, StampState.PENDING)
            self._need(state in may, f"stamp {stamp} is {state}")
            self.stamps[stamp - 1] = StampState.SKIPPED

    def interrupted_by_crash(self) -> tuple[int, ...]:
        """Close what a crash left open; returns the columns that became unknown.

        The column with an intent and no outcome is unknown. If the journal ends with an outcome, the *next* column is
        unknown too: its intent may have been the record that was lost with the end of the file. One column too many
        marked unknown costs one column of treatment; one too few could double it.
        """
        if not self.open_stamp:
            return ()
        if self.pending:
            doubtful, self.pending = self.pending, 0
        else:
            doubtful = self.next_column(self.open_stamp)
            if doubtful:
                self.columns[doubtful] = ColumnState.UNKNOWN
        self.stamps[self.open_stamp - 1], self.open_stamp = StampState.INTERRUPTED, 0
        return (doubtful,) if doubtful else ()

    def next_column(self, stamp: int) -> int:
        """The first column of ``stamp`` that is known not to have been fired; 0 if there is none."""
        low, high = self.bounds[stamp - 1]
        return max(0, self.columns.find(ColumnState.NOT_FIRED, low, high + 1))

    def next_stamp(self) -> int:
        """The first stamp that is not done or skipped; 0 if there is none."""
        over = (StampState.DONE, StampState.SKIPPED)
        return next((i for i, state in enumerate(self.stamps, 1) if state not in over), 0)

    def counts(self) -> dict[str, int]:
        """How many columns are in each state."""
        states = self.columns[1:]
        return {state.name.lower(): states.count(state.value) for state in ColumnState}
