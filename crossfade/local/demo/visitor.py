"""Simulated visitors: they keep loading pages through an edge and count what was broken.

A page counts as broken if it or anything that loads with it is missing, of a wrong type or of wrong
bytes. One tab of each edition of a page stays open: in the end, or when told, it loads everything
that its page may load lazily, as a visitor does who comes back to an old tab.
"""

from __future__ import annotations

import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossfade.local.demo.browser import Browser, Loaded, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PROBLEMS = 20
"""How many different problems are kept in words; all are counted."""


@dataclass(frozen=True, slots=True)
class Visits:
    """What visitors saw.

    Attributes:
        pages: Pages loaded.
        broken: Pages of these that were broken.
        assets: Requests for assets.
        old_tabs: Times that an open tab was used again.
        old_tabs_broken: Times of these that something lazy was broken.
        problems: The first different problems, in words.
    """

    pages: int = 0
    broken: int = 0
    assets: int = 0
    old_tabs: int = 0
    old_tabs_broken: int = 0
    problems: tuple[str, ...] = ()

    def __add__(self, other: Visits) -> Visits:
        """Return both together."""
        return Visits(
            self.pages + other.pages,
            self.broken + other.broken,
            self.assets + other.assets,
            self.old_tabs + other.old_tabs,
            self.old_tabs_broken + other.old_tabs_broken,
            tuple(dict.fromkeys([*self.problems, *other.problems]))[:PROBLEMS],
        )


@dataclass(slots=True)
class Visitor:
    """Visitors of one site, and what they saw.

    Attributes:
        browser: Opens one visitor's connection to the site.
    """

    browser: Callable[[], Browser]
    _visits: Visits = field(default_factory=Visits)
    _tabs: dict[tuple[str, bytes], Loaded] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def visits(self) -> Visits:
        """Return what was seen so far."""
        with self._lock:
            return self._visits

    def keep_loading(self, pages: Sequence[str], pause: float, stop: threading.Event) -> None:
        """Load pages in turn until told to stop, with a pause of so many seconds after each."""
        with closing(self.browser()) as browser:
            while not stop.is_set():
                for page in pages:
                    self._loaded(browser.load(page))
                    stop.wait(pause)

    def return_to_tabs(self) -> None:
        """Go on in every open tab: load all that is lazy. The tabs stay open as they were."""
        with self._lock:
            tabs = tuple(self._tabs.values())
        with closing(self.browser()) as browser:
            for tab in tabs:
                self._went_on(browser.go_on(tab))

    def _loaded(self, page: Loaded) -> None:
        words = tuple(f"{page.page}: {problem}" for problem in page.problems)
        seen = Visits(pages=1, broken=int(bool(words)), assets=page.asked, problems=words)
        with self._lock:
            self._visits += seen
            if not words:
                self._tabs.setdefault((page.page, page.edition), page)

    def _went_on(self, tab: Loaded) -> None:
        words = tuple(f"old tab of {tab.page}: {problem}" for problem in tab.problems)
        seen = Visits(
            assets=tab.asked, old_tabs=1, old_tabs_broken=int(bool(words)), problems=words
        )
        with self._lock:
            self._visits += seen


@contextmanager
def visiting(
    base_url: str,
    *,
    pages: Sequence[str] = ("/",),
    visitors: int = 2,
    pause: float = 0.02,
    expect: Callable[[str, bytes], bool] | None = None,
    timeout: float = 5.0,
) -> Iterator[Visitor]:
    """Let visitors load pages until the block ends; then they go on in their open tabs.

    Args:
        base_url: The edge's address.
        pages: Paths of the entry pages, loaded in turn.
        visitors: How many load pages at the same time.
        pause: Seconds that each waits after a page.
        expect: Tells whether a path was answered with right bytes, as they were sent; True for a
            path that it does not know. None accepts all bytes.
        timeout: Seconds for each request.
    """
    reader = Reader()
    visitor = Visitor(lambda: Browser(base_url, expect=expect, timeout=timeout, reader=reader))
    stop = threading.Event()
    threads = [
        threading.Thread(target=visitor.keep_loading, args=(pages, pause, stop), daemon=True)
        for _ in range(visitors)
    ]
    for thread in threads:
        thread.start()
    try:
        yield visitor
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    visitor.return_to_tabs()
