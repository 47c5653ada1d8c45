#pragma once

namespace examples {

/// How a report looks: on wide screens, on narrow ones, where the rows of tables become cards, and on paper.
inline constexpr char kReportStyle[] = R"css(
:root { --ink: #1c2733; --soft: #5b6b7b; --line: #dde4ea; --paper: #fff; --ground: #f3f6f8; --accent: #0b5c8f;
  --good: #06734f; --good-ground: #e0f3ea; --half: #8a5a00; --half-ground: #fdf0d2; --bad: #a9350b;
  --bad-ground: #fce5db; --note: #4d5b69; --note-ground: #e8edf2; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; }
main, header > div, footer > div { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
header { background: linear-gradient(120deg, #0a2a43, #0b5c8f 70%, #12809a); color: #fff; padding: 44px 0 40px; }
header h1 { margin: 0 0 10px; font-size: clamp(27px, 4.4vw, 42px); line-height: 1.15; letter-spacing: -.02em; }
header p { margin: 0; max-width: 68ch; color: #d7e7f2; font-size: 17px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 26px; }
.facts div { background: #ffffff1c; border: 1px solid #ffffff2e; border-radius: 12px; padding: 12px 16px;
  color: #d7e7f2; font-size: 14px; line-height: 1.35; }
.facts b { display: block; color: #fff; font-size: 25px; line-height: 1.25; font-variant-numeric: tabular-nums; }
nav { position: sticky; top: 0; z-index: 1; background: #ffffffee; border-bottom: 1px solid var(--line); }
nav ul { max-width: 1180px; margin: 0 auto; padding: 9px 24px; display: flex; flex-wrap: wrap; gap: 6px;
  list-style: none; }
nav a { display: block; padding: 3px 11px; border-radius: 999px; color: var(--accent); text-decoration: none;
  font-size: 14px; font-weight: 600; }
nav a:hover, nav a:focus { background: var(--note-ground); }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 16px; padding: 26px 30px 28px;
  margin: 22px 0; scroll-margin-top: 62px; box-shadow: 0 1px 3px #1c273310; }
h2 { margin: 0 0 8px; font-size: 23px; line-height: 1.25; letter-spacing: -.01em; display: flex; align-items: center;
  gap: 12px; }
h2 span { flex: none; background: var(--accent); color: #fff; border-radius: 9px; padding: 2px 11px; font-size: 18px; }
section > p { max-width: 76ch; margin: 10px 0; }
figure { margin: 20px 0 22px; }
.panels { display: flex; flex-wrap: wrap; gap: 14px; justify-content: center; }
.panels img { display: block; width: 100%; height: auto; }
.panels picture { flex: 1 1 340px; max-width: 760px; }
.panels.wide picture { max-width: 1120px; }
figcaption { margin: 8px auto 0; max-width: 84ch; color: var(--soft); font-size: 14.5px; text-align: center; }
figcaption b { color: var(--ink); }
.missing { border: 1px dashed var(--line); border-radius: 10px; padding: 22px; text-align: center;
  color: var(--soft); }
table { width: 100%; border-collapse: collapse; margin: 16px 0 6px; font-size: 15px;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 650; padding: 0 0 7px; }
th, td { text-align: left; vertical-align: top; padding: 8px 14px 8px 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
thead th { color: var(--soft); font-size: 12.5px; font-weight: 650; letter-spacing: .04em; text-transform: uppercase;
  overflow-wrap: normal; }
tbody th { font-weight: 550; }
tbody tr:last-child > * { border-bottom: 0; }
.numbers, .claims { table-layout: fixed; }
.numbers th:nth-child(1) { width: 33%; } .numbers th:nth-child(2) { width: 21%; }
.numbers th:nth-child(3) { width: 25%; }
.claims th:nth-child(1) { width: 36%; } .claims th:nth-child(2) { width: 11%; }
.verdict { display: inline-block; white-space: nowrap; border-radius: 999px; padding: 1px 11px 2px; font-size: 13.5px;
  font-weight: 650; background: var(--note-ground); color: var(--note); }
.good { background: var(--good-ground); color: var(--good); }
.half { background: var(--half-ground); color: var(--half); }
.bad { background: var(--bad-ground); color: var(--bad); }
.why { display: block; color: var(--soft); font-size: 14px; line-height: 1.45; margin-top: 3px; }
thead .f { text-transform: none; font-size: 15px; }
.f { font-family: "STIX Two Text", Cambria, "Times New Roman", "Liberation Serif", "DejaVu Serif", serif;
  font-size: 1.06em; }
.f sub, .f sup { font-size: .72em; line-height: 0; }
.tally { margin: 18px 0 4px; }
.tally p { margin: 0 0 6px; font-weight: 600; }
.bar { display: flex; height: 14px; border-radius: 7px; overflow: hidden; background: var(--note-ground); }
.bar i { display: block; }
.bar .good { background: #159a6c; } .bar .half { background: #e3a31c; } .bar .bad { background: #d1572a; }
.bar .note { background: #a9b6c2; }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 7px 0 0; color: var(--soft); font-size: 14px; }
footer { color: var(--soft); font-size: 14px; padding: 6px 0 40px; }
footer p { margin: 4px 0; }
@media (min-width: 960px) { /* figures that follow each other stand side by side */
  figure.one:has(+ figure.one), figure.one + figure.one { display: inline-block; vertical-align: top;
    width: calc(50% - 8px); }
  figure.one:has(+ figure.one) { margin-right: 10px; }
}
@media (max-width: 640px) {
  body { font-size: 15.5px; }
  main, header > div, footer > div { padding: 0 12px; }
  header { padding: 28px 0 24px; }
  .facts { grid-template-columns: 1fr 1fr; gap: 8px; }
  .facts div { padding: 9px 12px; } .facts b { font-size: 20px; }
  nav { position: static; } nav ul { padding: 8px 8px; gap: 2px; } nav a { padding: 3px 8px; }
  section { padding: 18px 14px 18px; border-radius: 12px; margin: 12px 0; scroll-margin-top: 8px; }
  h2 { font-size: 20px; } h2 span { font-size: 16px; padding: 2px 9px; }
  figure { margin: 16px -8px; } figcaption { padding: 0 8px; text-align: left; }
  table, caption, tbody, tr, th, td { display: block; } thead { display: none; }
  table { table-layout: auto; }
  tbody tr { display: grid; gap: 3px 12px; position: relative; border: 1px solid var(--line); border-radius: 10px;
    padding: 9px 12px; margin: 0 0 8px; }
  .numbers tr, .plain tr { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .numbers th, .plain th { grid-column: 1 / -1; padding-right: 96px; }
  .claims td:nth-child(2) { grid-row: 1; color: var(--soft); }
  .claims td:last-child, .numbers td:last-child { grid-column: 1 / -1; }
  tbody th, tbody td { border: 0; padding: 0; width: auto !important; font-size: 14.5px; line-height: 1.4; }
  tbody th { font-weight: 650; }
  .numbers td:before, .plain td:before { content: attr(data-head); display: block; color: var(--soft);
    font-size: 12.5px; }
  .plain th:before { content: attr(data-head) " "; }
  .numbers td:last-child:before { content: none; }
  tbody .verdict { position: absolute; top: 8px; right: 10px; font-size: 12.5px; }
  .why { margin: 0; }
}
@page { margin: 14mm; }
@media print {
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  body { background: #fff; font-size: 10.5pt; } nav { display: none; }
  header { padding: 18px 0; border-radius: 8px; } main, header > div, footer > div { max-width: none; padding: 0 12px; }
  section { border: 0; box-shadow: none; padding: 0; margin: 18px 0; }
  h2, caption { break-after: avoid; } figure, tr, .tally { break-inside: avoid; }
  .panels picture { max-width: 470px; } table { font-size: 9.5pt; }
}
)css";

}  // namespace examples
