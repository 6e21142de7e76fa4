"""How `make docs` turns these pages into a site (docs/_build/index.html)."""

project = "Mercato"
extensions = ["myst_parser", "sphinxcontrib.mermaid"]
html_theme = "furo"
html_title = "Mercato 慧店"
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6b4f", "color-brand-content": "#0b6b4f"},
    "dark_css_variables": {"color-brand-primary": "#58c79f", "color-brand-content": "#58c79f"},
}
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_dmath_allow_digits = False
myst_dmath_allow_space = False
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]
# A link to a file of the repository (a benchmark's output, a module) becomes a download; one that
# leads nowhere is a warning, and a warning fails the build.
suppress_warnings = ["misc.highlighting_failure"]
