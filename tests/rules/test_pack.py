"""Modules put together as one script: nothing is lost, those first that others need."""

import re
from importlib.resources import files

import pytest

from changliao.wire.pack import Modules, needed, sheet

FILES = {
    "js/page.js": 'import { one, two as zwei } from "./some.js";\n'
    'import all from "./all.js";\nimport * as n from "./all.js";\n',
    "js/some.js": "export const one = 1;\nexport async function two() {}\n"
    'export { t as three } from "../v/min.js";\n',
    "js/all.js": 'export * from "./some.js";\nexport default { says: "export const x; import y" };\n',
    "v/min.js": 'import{a as b}from"./other.js";var c=b;export{c as t,b};',
    "v/other.js": "export const a = 0;\n",
    "js/snake.js": 'import { x } from "./tail.js";\n',
    "js/tail.js": 'import { y } from "./snake.js";\n',
}


def kept(name: str, text: str) -> str:
    return f"packed/{len(text)}/{name}"


def test_every_module_is_there_once_and_after_what_it_needs() -> None:
    packed = Modules(FILES.__getitem__, kept).script("js/page.js")
    heads = [line[3:] for line in packed.splitlines() if line.startswith("// ")]
    assert heads == ["v/other.js", "v/min.js", "js/some.js", "js/all.js", "js/page.js"]
    assert "const { one: one, two: zwei } = $js_some_js;" in packed
    assert "const { default: all } = $js_all_js;" in packed
    assert "const n = $js_all_js;" in packed
    assert "return { three: $v_min_js.t, one, two };" in packed
    assert "return { ...$js_some_js, default: $default };" in packed
    assert "const { a: b } = $v_other_js;var c=b;\nreturn { t: c, b: b };" in packed
    assert '{ says: "export const x; import y" }' in packed


def test_modules_that_need_each_other_are_refused() -> None:
    with pytest.raises(AssertionError, match="detour"):
        Modules(FILES.__getitem__, kept).script("js/snake.js")


def test_what_is_imported_later_is_a_script_of_its_own_that_takes_from_the_page_what_it_has() -> (
    None
):
    files = {
        "js/page.js": 'import { one } from "./one.js";\n'
        'const more = () => import("./parts/more.js");\n',
        "js/one.js": "export const one = 1;\n",
        "js/two.js": "export const two = 2;\n",
        "js/parts/more.js": 'import { one } from "../one.js";\nimport { two } from "../two.js";\n'
        "export const three = one + two;\n",
    }
    offered: dict[str, str] = {}

    def keep(name: str, text: str) -> str:
        offered[name] = text
        return f"packed/x/{name}"

    page = Modules(files.__getitem__, keep).script("js/page.js")

    assert 'import("/static/packed/x/more.js").then((later) => later.make($js_one_js));' in page
    assert "js/two.js" not in page and "three" not in page
    (later,) = offered.values()
    assert later.startswith("let made;\nexport const make = ($js_one_js) => made ??= (() => {\n")
    assert "// js/two.js" in later and "// js/one.js" not in later
    assert later.endswith("return $js_parts_more_js;\n})();\n")


def test_a_sheet_keeps_its_order_and_the_layer_of_what_it_imports() -> None:
    files = {
        "css/a.css": "a{}",
        "css/b.css": '@import url("../v/w.css") layer(w);\nb{}',
        "v/w.css": "w{}",
    }
    packed = sheet(files.__getitem__, ["css/a.css", "css/b.css"], "")
    assert packed == "a{}\n@layer w {\nw{}\n}\nb{}"


def test_of_a_library_a_sheet_keeps_what_the_script_can_show_and_our_own_rules_whole() -> None:
    files = {
        "css/a.css": '@import url("../v/w.css") layer(w);\n.ours{}',
        "v/w.css": ".cell{}.gallery{}",
    }
    packed = sheet(files.__getitem__, ["css/a.css"], 'html`<a class="cell ${kind}">`')
    assert packed == "@layer w {\n.cell{}\n}\n.ours{}"


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("body{a:b}", True),
        (".cell{a:b}", True),
        (".cell .gone{a:b}", False),
        (".gone,.cell{a:b}", True),
        (".cell:not(.gone){a:b}", True),
        (".cell:not(.gone,.lost){a:b}", True),
        (".cell-gone{a:b}", False),
        ('.gone::after{content:"} .cell{"}', False),
        (".cell{background:url(data:image/svg+xml;charset=utf8,{.gone})}", True),
        ('.cell{a:url("data:,rotate(9)}")}', True),
        ("@media print{.cell{a:b}}", True),
        ("@media print{.gone{a:b}}", False),
        ("/* of a.site */.cell{a:b}", True),
        ("@font-face{a:b}", True),
        ('@charset "utf-8";', True),
        ("@keyframes spin{0%{a:b}to{a:c}}", False),
        ("@keyframes spin{0%{a:b}to{a:c}}\n.cell{animation:spin 1s}", True),
    ],
)
def test_a_rule_stays_when_its_classes_are_known(text: str, stays: bool) -> None:
    assert needed(text, frozenset({"cell"})) == (text if stays else "")


def test_of_the_ground_library_nothing_is_lost_that_is_named() -> None:
    text = (files("changliao") / "client/vendor/weui/weui.min.css").read_text()
    rules = re.findall(r"(?<=})\.(weui-[\w-]+){([^{}]+)}", text)
    assert len(rules) > 200
    for name, body in rules:
        assert f".{name}{{{body}}}" in needed(text, frozenset({name})), name
