"""Every line of a dialect's self-check has a code, and words for it in the console's catalogue."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2] / "src" / "changliao"
WORDS = ROOT / "client" / "js" / "words"


def checks() -> list[tuple[str, ast.Call]]:
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path in sorted((ROOT / "dialects" / "api").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Check"
    ]


def test_every_check_is_worded_in_both_languages() -> None:
    found = checks()
    assert {where.split("/")[2] for where, _ in found} >= {
        "alipay",
        "wechat",
        "stripe",
        "saleor",
        "wechat_mp",
    }
    for language in ("en", "zh-CN"):
        text = (WORDS / f"console.{language}.js").read_text("utf-8")
        known = set(re.findall(r'^  "(check(?:_says)?\.\w+)":', text, re.MULTILINE))
        for where, call in found:
            named = [*call.args, *(one.value for one in call.keywords if one.arg == "code")]
            assert len(named) >= 4, f"{where}: a check without a code"
            name, code = named[0], named[3]
            codes = [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]
            for prefix, one in [("check", name), *(("check_says", one) for one in codes)]:
                assert isinstance(one, ast.Constant) and isinstance(one.value, str), (
                    f"{where}: not written out"
                )
                assert f"{prefix}.{one.value}" in known, f"{where}: {one.value} in {language}"
