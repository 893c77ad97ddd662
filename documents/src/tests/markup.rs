//! Markdown and HTML.

use super::outline;
use crate::MediaType::{Html, Markdown};

#[test]
fn markdown_keeps_its_blocks_under_their_headings() {
    let text = "---\ntitle: x\n---\nBefore.\n\n# Plans & `prices`\n\nA *long*\nline.\n\n## Basic\n\n\
        - one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nls  -l\n\n  cd\n```\n\n> # quoted\n\n\
        Old style\n=========\n\nText.\n\n<div>shown <script>x</script></div>\n\n## Empty\n";
    let expected = [
        "[] Before.",
        "[Plans & prices] A *long* line.",
        "[Plans & prices > Basic] - one\n- two",
        "[Plans & prices > Basic] | a | b |\n|---|---|\n| 1 | 2 |",
        "[Plans & prices > Basic] ```sh\nls  -l\n\n  cd\n```",
        "[Plans & prices > Basic] > # quoted",
        "[Old style] Text.",
        "[Old style] shown",
        "[Old style] Empty",
    ];
    assert_eq!(outline(text, Markdown), expected);
}

#[test]
fn html_keeps_paragraphs_lists_tables_and_code() {
    let page = "<!doctype html><html><head><title>No</title><style>p{}</style></head><body>\
        <h1>Refund <em>policy</em></h1><p>Thirty\n days.<br>No &amp; yes.<p>Next\
        <h2><div>Steps</div></h2><ol><li>Write<ul><li>a mail<li>a letter</ul><li>Wait</ol>\
        <div>Loose <b>text</b></div>\
        <table><caption>Plans</caption><tr><th>Plan<th>Price<tr><td>Basic<td><p>9&nbsp;EUR</p></table>\
        <pre>\nfn a() {\n    b();\n}</pre><h3>Deep</h3><dl><dt>Term<dd>Meaning</dl>\
        <h2>Last</h2>end</body></html>";
    let expected = [
        "[Refund policy] Thirty days.\nNo & yes.",
        "[Refund policy] Next",
        "[Refund policy > Steps] - Write\n  - a mail\n  - a letter\n- Wait",
        "[Refund policy > Steps] Loose text",
        "[Refund policy > Steps] Plans\nPlan | Price\nBasic | 9 EUR",
        "[Refund policy > Steps] fn a() {\n    b();\n}",
        "[Refund policy > Steps > Deep] Term\n- Meaning",
        "[Refund policy > Last] end",
    ];
    assert_eq!(outline(page, Html), expected);
}

#[test]
fn invisible_elements_are_left_out() {
    let page = "<body><nav><ul><li>Home</ul><script>'</nav>'</script></nav><p>One\
        <script>document.write('<p>no')</script><style>a<b</style><template><p>no</template>\
        <noscript>no</noscript><svg><title>no</title><style/><text>no</text></svg>\
        <span hidden>no<span>no</span></span><i aria-hidden=true>no</i>\
        <div style='display : NONE'><div>no</div>no</div><textarea><p>no</textarea>\
        <select><option>no</select><button>no</button><!-- no --><p hidden>no<p>Two\
        <ul><li hidden>no<ul><li>no</ul>no<li>Three</ul><div role=navigation>no</div><div hidden>no</body>";
    assert_eq!(outline(page, Html), ["[] One", "[] Two", "[] - Three"]);
}

#[test]
fn malformed_pages_are_read_as_far_as_possible() {
    let page = "<h1>Open<p>Text</b></div><ul><li>item<table><tr><td>cell &#0; &unknown; <";
    let blocks = outline(page, Html);
    assert_eq!(blocks[0], "[Open] Text");
    assert!(
        blocks[1].contains("item") && blocks[1].contains("cell"),
        "{blocks:?}"
    );
}

#[test]
fn a_page_of_any_depth_is_read() {
    let deep = 300_000;
    let page = format!("{}deep{}", "<div><b>".repeat(deep), "</div>".repeat(deep));
    assert_eq!(outline(&page, Html), ["[] deep"]);
    let lists = format!("{}deep", "<ul><li>".repeat(deep));
    assert!(outline(&lists, Html)[0].ends_with("- deep"));
    let quotes = format!("{}deep", "> ".repeat(5_000));
    assert_eq!(outline(&quotes, Markdown).len(), 1);
}
