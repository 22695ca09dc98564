from __future__ import annotations

import pytest

from crossfade.local.demo.page import Asset, References, of_module, of_page


def script(path: str) -> Asset:
    return Asset(path, "script")


def test_a_page_loads_scripts_styles_preloaded_modules_and_images() -> None:
    html = """<!doctype html>
      <link rel="icon" href="/favicon.ico"><link rel="manifest" href="/site.webmanifest">
      <link rel="modulepreload" href="/assets/vendor.js">
      <LINK REL='StyleSheet' HREF='assets/app.css?v=1'>
      <script type="module" crossorigin src="./assets/app.js"></script>
      <script>const inline = 1</script>
      <script src="https://elsewhere.example/x.js"></script>
      <img src="../logo%20a.svg#dark"><img src="data:image/png;base64,AA">
      <script src="/assets/app.js"></script>"""
    assert of_page(html, "/app/index.html") == References(
        eager=(
            script("/assets/vendor.js"),
            Asset("/app/assets/app.css", "style"),
            script("/app/assets/app.js"),
            Asset("/logo%20a.svg", "other"),
            script("/assets/app.js"),
        )
    )


def test_a_module_imports_what_is_named_literally() -> None:
    source = """import{a}from"./a.js";import './b.mjs';export*from`../c.js`;
      import d from "/assets/d.js?x";import r from"react";
      const lazy=()=>import("./lazy.js");const other=()=>import(`./e.js`);
      const computed=()=>import(`./${name}.js`);const text="import of things";"""
    found = of_module(source, "/assets/index.js")
    assert found.eager == (script("/assets/a.js"), script("/assets/b.mjs"), script("/c.js"))
    assert found.lazy == (script("/assets/lazy.js"), script("/assets/e.js"))


@pytest.mark.parametrize("base", ["/", "/checkout/"])
def test_a_module_of_vite_lists_what_its_lazy_imports_need(base: str) -> None:
    source = 'm.f||(m.f=["assets/Page-1.js","assets/Page-1.css"])))=>i.map(i=>d[i]);'
    assert of_module(source, f"{base}assets/index.js").lazy == (
        script(f"{base}assets/Page-1.js"),
        Asset(f"{base}assets/Page-1.css", "style"),
    )
