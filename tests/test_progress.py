"""rag.progress: what a person reads of a build, on a screen and in a file, by a clock that is turned by hand."""

import io

import pytest

from rag.progress import ProgressLine


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


class Hand:
    """A clock that is turned by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def file_lines(language: str = "zh", seconds: int = 60, rate: int = 50, total: int = 24_000) -> list[str]:
    clock, out = Hand(), io.StringIO()
    line = ProgressLine(language, out, clock)  # type: ignore[arg-type]
    for second in range(seconds + 1):
        line("embed", second * rate, total)
        clock.now += 1
    return out.getvalue().splitlines()


def test_a_file_gets_a_line_every_ten_seconds() -> None:
    assert file_lines(seconds=25) == [
        "计算向量 500/24,000　50 段/秒　约剩 7 分 50 秒",
        "计算向量 1,000/24,000　50 段/秒　约剩 7 分 40 秒",
    ]


def test_the_same_in_english() -> None:
    assert file_lines("en", seconds=10) == ["embedding 500/24,000  50 pieces/s  about 7 min 50 s left"]


def test_the_end_of_a_stage_is_always_told() -> None:
    out = io.StringIO()
    line = ProgressLine("zh", out, Hand())
    for done in range(4):
        line("read", done, 3)
    line("write", 0, 1)
    line("write", 1, 1)
    assert out.getvalue() == "读取文件 3/3\n写入索引\n"


def test_what_an_earlier_build_left_is_told_and_is_not_taken_for_speed() -> None:
    clock, out = Hand(), io.StringIO()
    line = ProgressLine("zh", out, clock)
    line("kept", 12_000, 24_000)
    for second in range(11):
        line("embed", second * 20, 12_000)
        clock.now += 1
    assert out.getvalue().splitlines() == ["接着上次：已有 12,000 段", "计算向量 200/12,000　20 段/秒　约剩 9 分 50 秒"]


def test_the_rate_is_that_of_the_last_minute() -> None:
    clock, out = Hand(), io.StringIO()
    line = ProgressLine("zh", out, clock)
    done = 0
    for second in range(200):
        done += 100 if second < 100 else 10
        line("embed", done, 24_000)
        clock.now += 1
    first, *_, last = out.getvalue().splitlines()
    assert "　100 段/秒" in first
    assert "　10 段/秒" in last


def test_a_slow_rate_has_a_decimal_and_a_rate_needs_some_seconds() -> None:
    assert file_lines(rate=1, seconds=10, total=400) == ["计算向量 10/400　1.0 段/秒　约剩 6 分 30 秒"]
    clock, out = Hand(), io.StringIO()
    line = ProgressLine("zh", out, clock)
    line("embed", 0, 9)
    clock.now += 0.5
    line("embed", 9, 9)
    assert out.getvalue() == "计算向量 9/9\n"


def test_a_screen_shows_one_line_in_place() -> None:
    clock, out = Hand(), Screen()
    line = ProgressLine("zh", out, clock)
    for done in range(0, 41, 10):
        line("embed", done, 40)
        clock.now += 0.15
    assert out.getvalue() == "".join(f"\r\033[K计算向量 {done}/40" for done in (0, 20, 40)) + "\n"


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "已中断。算好的向量已保存，再次运行时接着算"), ("en", "Interrupted. The vectors made so far are kept; the next run goes on from there")],
)  # fmt: skip
def test_an_interruption_says_that_the_work_is_kept(language: str, said: str) -> None:
    out = Screen()
    with pytest.raises(KeyboardInterrupt), ProgressLine(language, out, Hand()) as line:  # type: ignore[arg-type]
        line("embed", 10, 40)
        raise KeyboardInterrupt
    assert out.getvalue().split("\n")[1:] == [f"\r\033[K{said}", ""]


def test_an_error_begins_on_a_line_of_its_own() -> None:
    out = Screen()
    with pytest.raises(OSError, match="full"), ProgressLine("zh", out, Hand()) as line:
        line("read", 1, 3)
        raise OSError("full")
    assert out.getvalue() == "\r\033[K读取文件 1/3\n"
