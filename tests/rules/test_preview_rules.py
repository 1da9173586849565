"""What a text links to, and what a page says of itself, hostile pages among them."""

import pytest

from changliao.chat.rules.previews import TEXT_MAX, TITLE_MAX, Found, first_link, found_in

URL = "https://news.example/a/b"


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("no link here", ""),
        ("see https://a.example/x?y=1#z now", "https://a.example/x?y=1#z"),
        ("看https://a.example/x。好", "https://a.example/x"),
        ("(https://a.example/x).", "https://a.example/x"),
        ("two https://a.example http://b.example", "https://a.example"),
        ("HTTPS://A.example/", "HTTPS://A.example/"),
        ("xhttps://a.example", ""),
        ("https:// nothing", ""),
        ("ftp://a.example javascript://x", ""),
    ],
)
def test_the_first_address_in_a_text_is_its_link(text: str, link: str) -> None:
    assert first_link(text) == link


def found(page: str, kind: str = "text/html; charset=utf-8") -> Found | None:
    return found_in(URL, kind, page.encode())


def test_open_graph_comes_before_the_title() -> None:
    page = (
        "<html><head><title>Plain</title><meta property='og:title' content='Tea &amp; cake'>"
        '<META content="All about tea > coffee" name="description">'
        "<meta property=og:image content=/tea.png></head>"
    )
    assert found(page) == Found(
        "Tea & cake", "All about tea > coffee", "https://news.example/tea.png"
    )


def test_the_first_of_two_counts_and_a_title_alone_is_enough() -> None:
    two = "<meta property=og:title content=one><meta property=og:title content=two>"
    assert found(two) == Found("one", "", "")
    assert found("<TITLE lang=en>\n A\tpage \n</TITLE>") == Found("A page", "", "")


@pytest.mark.parametrize(
    "page",
    [
        "",
        "hello",
        "<title>",
        "<title> \u200b\u202e </title>",
        "<meta property=og:title>",
        "<title/>",
    ],
)
def test_a_page_without_words_for_itself_has_no_preview(page: str) -> None:
    assert found(page) is None


def test_script_in_a_title_is_words_and_nothing_more() -> None:
    page = "<title><script>alert(1)</script>&lt;b&gt;</title>"
    assert found(page) == Found("<script>alert(1)</script><b>", "", "")


def test_what_turns_or_hides_words_is_taken_out_and_the_rest_is_cut() -> None:
    page = f"<title>pay\u202eevil\u0000 {'长' * 500}</title><meta name=description content='{'x' * 999}'>"
    said = found(page)
    assert said is not None
    assert said.title.startswith("pay evil 长")
    assert (len(said.title), said.title[-1]) == (TITLE_MAX, "…")
    assert (len(said.text), said.text[-1]) == (TEXT_MAX, "…")


@pytest.mark.parametrize(
    "image",
    ["javascript:alert(1)", "data:image/png;base64,AA", "file:///etc/passwd", "http://[", " "],
)
def test_a_picture_is_at_an_address_of_the_web_or_there_is_none(image: str) -> None:
    page = f'<title>a</title><meta property="og:image" content="{image}">'
    assert found(page) == Found("a", "", "")


def test_a_page_is_read_in_what_it_is_written_in() -> None:
    page = '<meta charset="gb2312"><title>畅聊</title>'.encode("gbk")
    assert found_in(URL, "text/html", page) == Found("畅聊", "", "")
    assert found_in(URL, "text/html; charset=GBK", "<title>茶</title>".encode("gbk")) == Found(
        "茶", "", ""
    )
    odd = b"<meta charset=punycode><title>caf\xc3\xa9</title>"
    assert found_in(URL, "text/html", odd) == Found("café", "", "")


@pytest.mark.parametrize(
    "piece", ["<meta ", "<meta a='", '<meta content="x" ', "<title", "<title>", "<"]
)
def test_a_page_of_beginnings_says_nothing(piece: str) -> None:
    assert found(piece * (65536 // len(piece))) is None
