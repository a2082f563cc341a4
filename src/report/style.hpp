#pragma once

namespace xrayclf {

/// The page's one style sheet. Colours have a contrast of at least 4.5 in both schemes.
inline constexpr const char* kStyle = R"css(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #fff; --tint: #f4f6f8;
  --line: #d5dae0; --link: #0a58a6; --warn: #7a4b00; --warn-tint: #fff5e0; --open: #8a3c00; --done: #11633a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #a2abb5; --paper: #14171a;
  --tint: #1e2328; --line: #39414a; --link: #7cb8ff; --warn: #ffd591; --warn-tint: #33270f;
  --open: #ffb27a; --done: #7fd8a4; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1rem; max-width: 70rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Verdana, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: .88em; }
pre { background: var(--tint); padding: .75rem; overflow-x: auto; overflow-wrap: normal; }
small, figcaption, .soft { color: var(--soft); font-size: .875rem; }
.notice { background: var(--warn-tint); color: var(--warn); border-left: 4px solid currentColor; padding: .6rem .9rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; list-style: none; padding: 0; }
.frame, .picture { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem; border-bottom: 1px solid var(--line); }
thead th { border-bottom: 2px solid var(--line); background: var(--tint); vertical-align: bottom; }
tbody th { font-weight: 600; }
.frame th, .frame td { overflow-wrap: normal; }
.frame tbody th { overflow-wrap: break-word; }
.frame td { max-width: 34rem; }
.frame td:last-child:not(.number) { min-width: 13rem; }
.frame td.number, .frame thead th { padding-left: .45rem; padding-right: .45rem; }
td.number { white-space: nowrap; }
td.number small { display: block; font-size: .8rem; }
.pairs { width: 100%; }
.pairs th { width: 14rem; }
.headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem; margin: 1rem 0; }
.headline div { background: var(--tint); padding: .6rem .9rem; border-radius: .4rem; }
.headline strong { display: block; font-size: 1.5rem; }
figure { margin: 1rem 0; }
.picture img { display: block; max-width: 100%; height: auto; background: #fff; border-radius: .3rem; margin: 0 auto; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 1rem; }
.gallery figure { margin: 0; }
.gallery img { width: 100%; height: auto; display: block; background: #000; border-radius: .3rem; }
.missing { aspect-ratio: 1; background: var(--tint); display: grid; place-items: center; color: var(--soft); border-radius: .3rem; }
.open { color: var(--open); font-weight: 600; }
.done { color: var(--done); font-weight: 600; }
details { margin: .75rem 0; }
summary { cursor: pointer; color: var(--link); }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .75rem; }
@media (max-width: 34rem) {
  body { padding: .75rem; }
  .picture img { max-width: none; width: 35rem; }
  .pairs, .pairs tbody, .pairs tr, .pairs th, .pairs td { display: block; width: auto; }
  .pairs th { border-bottom: 0; padding-bottom: 0; }
}
@media print {
  :root { --ink: #000; --soft: #444; --paper: #fff; --tint: #f2f2f2; --line: #bbb; --link: #000;
    --warn: #000; --warn-tint: #f2f2f2; --open: #000; --done: #000; }
  @page { margin: 16mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  nav { display: none; }
  a { text-decoration: none; }
  h2, h3 { break-after: avoid; }
  figure, tr, .notice { break-inside: avoid; }
  .frame, .picture { overflow: visible; }
  .frame td { overflow-wrap: anywhere; }
  .frame table { font-size: 7.5pt; }
  th, td { padding: .2rem .4rem; }
  .picture img { max-height: 225mm; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
}
)css";

}  // namespace xrayclf
