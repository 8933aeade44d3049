#include "emit/page.h"

namespace godwit::emit {

namespace {

constexpr Literal kStyle = R"css(
:root{--ground:#fbfaf8;--card:#fff;--ink:#1d2226;--quiet:#5a646c;--line:#e2dfd9;--rail:#edeae4;--accent:#20637f;
--ready:#1c7c54;--convertible:#2f6db3;--manual:#b26a00;--blocked:#b3261e;--info:#5a646c;--warning:#b26a00;--blocking:#b3261e}
@media(prefers-color-scheme:dark){:root{--ground:#14181b;--card:#1c2226;--ink:#e8eaec;--quiet:#a3adb5;--line:#323a40;--rail:#2a3137;
--accent:#7cc0dd;--ready:#5fc795;--convertible:#7fb2ee;--manual:#f0ad4e;--blocked:#ff8a80;--info:#a3adb5;--warning:#f0ad4e;--blocking:#ff8a80}}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:72rem;margin:0 auto;padding:3rem 1.5rem 4rem}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
h1{font-size:2.1rem;line-height:1.2;margin:.1rem 0 .8rem;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:0 0 1rem}
.kicker{margin:0;color:var(--accent);font-weight:600;letter-spacing:.04em;text-transform:uppercase;font-size:.8rem}
.headline{font-size:1.25rem;max-width:46rem;margin:0 0 .6rem}
.quiet{color:var(--quiet);font-weight:400}p.quiet{font-size:.9rem;margin:.4rem 0}
section,.figure{background:var(--card);border:1px solid var(--line);border-radius:12px}
section{padding:1.5rem;margin-top:1.5rem;overflow-x:auto;min-width:0}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem;margin:2rem 0 0}
.figure{padding:1rem 1.2rem}.figure dt{color:var(--quiet);font-size:.9rem}.figure dd{margin:0}
.figure strong{display:block;font-size:1.8rem;line-height:1.25;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.figure span{color:var(--quiet);font-size:.85rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(24rem,100%),1fr));gap:0 1.5rem;align-items:start}
svg{display:block;width:100%}
.shares{height:1.6rem;border-radius:6px;margin-bottom:1.2rem}.bar{margin-top:.5em;height:.5rem;border-radius:4px;min-width:3rem}
rect.rail{fill:var(--rail)}rect.fill{fill:var(--accent)}
rect.ready{fill:var(--ready)}rect.convertible{fill:var(--convertible)}rect.manual{fill:var(--manual)}rect.blocked{fill:var(--blocked)}
rect:not(.rail,.fill){stroke:var(--card);stroke-width:2}
table{border-collapse:collapse;width:100%;font-size:.95rem}
th,td{text-align:left;padding:.5rem .7rem;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}
tbody th{max-width:24rem}.notes{max-width:26rem}
thead th{border-top:0;color:var(--quiet);font-weight:600;font-size:.85rem;white-space:nowrap}
tbody th{font-weight:600}
th.number,td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.badge{font-weight:600;white-space:nowrap;font-size:.9rem}
.ready{color:var(--ready)}.convertible{color:var(--convertible)}.manual{color:var(--manual)}.blocked{color:var(--blocked)}
.info{color:var(--info)}.warning{color:var(--warning)}.blocking{color:var(--blocking)}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.steps{margin:0;padding-left:1.4rem}.steps li{padding:.25rem 0 .25rem .3rem}.steps li::marker{color:var(--accent);font-weight:700}
.finding{border-top:1px solid var(--line);padding:.1rem 0}.finding:first-of-type{border-top:0}
.finding summary{display:grid;grid-template-columns:7rem 6rem 1fr auto 6rem 1rem;gap:.8rem;padding:.55rem .2rem;cursor:pointer;align-items:baseline}
.finding summary .quiet{text-align:right;font-size:.9rem}
.finding p,.finding ul{margin:.3rem 0 .6rem 7.8rem}.evidence{padding-left:1.1rem;color:var(--quiet);font-size:.88rem}
.finding summary::after{content:"▾";color:var(--quiet)}.finding[open] summary::after{content:"▴"}
summary{cursor:pointer}summary:hover{color:var(--accent)}
.notes summary{white-space:nowrap}.notes ul{padding-left:1.1rem;margin:.3rem 0}.notes p{margin:.4rem 0;font-size:.9rem}.notes li{font-size:.9rem}
.notice{border-left:4px solid var(--accent);padding-left:.8rem}
.filters:not([hidden]){display:flex;flex-wrap:wrap;gap:.8rem 1.2rem;align-items:center;margin-bottom:1rem}
.filters p{margin:0 0 0 auto}
input,select{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:.4rem .6rem}
input{min-width:16rem}
.wide{overflow-x:auto}
th button{all:unset;cursor:pointer;border-radius:3px}th button:focus-visible{outline:3px solid var(--accent)}
th button::after{content:" ↕";opacity:.35}th[aria-sort=ascending] button::after{content:" ↑";opacity:1}th[aria-sort=descending] button::after{content:" ↓";opacity:1}
footer{color:var(--quiet);font-size:.85rem;margin-top:2rem}
@media(max-width:40rem){.finding summary{grid-template-columns:auto 1fr}.finding p,.finding ul{margin-left:0}main{padding:1.5rem 1rem}}
@media print{:root{--ground:#fff;--card:#fff;--ink:#000;--quiet:#444;--line:#bbb;--rail:#eee;--accent:#20637f;--ready:#1c7c54;--convertible:#2f6db3;
--manual:#8a5200;--blocked:#b3261e;--info:#444;--warning:#8a5200;--blocking:#b3261e}
main{max-width:none;padding:0}section,.figure{break-inside:auto;border-color:#ccc}tr,.finding,.figure{break-inside:avoid}
.filters:not([hidden]),.skip{display:none}body{font-size:11px;-webkit-print-color-adjust:exact;print-color-adjust:exact}th button::after{content:""}}
)css";

} // namespace

void open_page(HtmlWriter& html, std::string_view title, std::optional<Literal> script) {
    html.open("html", {{"lang", "en"}}).open("head").leaf("meta", {{"charset", "utf-8"}});
    const auto scripts = script ? "; script-src " + csp_hash(*script) : std::string();
    html.leaf("meta", {{"http-equiv", "Content-Security-Policy"},
                       {"content", "default-src 'none'; style-src " + csp_hash(kStyle) + scripts +
                                       "; base-uri 'none'; form-action 'none'"}});
    html.leaf("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
    html.leaf("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
    html.leaf("meta", {{"name", "generator"}, {"content", "godwit " GODWIT_VERSION}});
    html.element("title", title).raw("style", kStyle).close().open("body");
}

void page_figure(HtmlWriter& html, std::string_view label, std::string_view value, std::string_view more) {
    html.open("div", {{"class", "figure"}}).element("dt", label).open("dd");
    html.element("strong", value).element("span", more).close().close();
}

} // namespace godwit::emit
