//! Markdown and HTML.

use super::outline;
use crate::MediaType::{Html, Markdown};

#[test]
fn markdown_keeps_its_blocks_under_their_headings() {
    let text = "---\ntitle: \"The title\"\ntags: [a]\n---\nBefore.\n\n# Plans & `prices`\n\nA *long*\nline.\n\n## Basic\n\n\
        - one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nls  -l\n\n  cd\n```\n\n> # quoted\n\n\
        Old style\n=========\n\nText.\n\n<div>shown <script>x</script></div>\n\n## Empty\n";
    let expected = [
        "[The title] Before.",
        "[The title > Plans & prices] A *long* line.",
        "[The title > Plans & prices > Basic] - one\n- two",
        "[The title > Plans & prices > Basic] | a | b |\n|---|---|\n| 1 | 2 |",
        "[The title > Plans & prices > Basic] ```sh\nls  -l\n\n  cd\n```",
        "[The title > Plans & prices > Basic] > # quoted",
        "[The title > Old style] Text.",
        "[The title > Old style] shown",
        "[The title > Old style] Empty",
    ];
    assert_eq!(outline(text, Markdown), expected);
}

#[test]
fn html_keeps_paragraphs_lists_tables_and_code() {
    let page = "<!doctype html><html><head><title>Aurora</title><style>p{}</style></head><body>\
        <h1>Refund <em>policy</em></h1><p>Thirty\n days.<br>No &amp; yes.<p>Next\
        <h2><div>Steps</div></h2><ol><li>Write<ul><li>a mail<li>a letter</ul><li>Wait</ol>\
        <div>Loose <b>text</b></div>\
        <table><caption>Plans</caption><tr><th>Plan<th>Price<tr><td>Basic<td><p>9&nbsp;EUR</p></table>\
        <pre>\nfn a() {\n    b();\n}</pre><h3>Deep</h3><dl><dt>Term<dd>Meaning</dl>\
        <h2>Last</h2>end</body></html>";
    let expected = [
        "[Aurora > Refund policy] Thirty days.\nNo & yes.",
        "[Aurora > Refund policy] Next",
        "[Aurora > Refund policy > Steps] - Write\n  - a mail\n  - a letter\n- Wait",
        "[Aurora > Refund policy > Steps] Loose text",
        "[Aurora > Refund policy > Steps] Plans\nPlan | Price\nBasic | 9 EUR",
        "[Aurora > Refund policy > Steps] fn a() {\n    b();\n}",
        "[Aurora > Refund policy > Steps > Deep] Term\n- Meaning",
        "[Aurora > Refund policy > Last] end",
    ];
    assert_eq!(outline(page, Html), expected);
}

#[test]
fn programs_controls_and_navigation_are_left_out() {
    let page = "<body><nav><ul><li><a href=/>Home</a></ul><script>'</nav>'</script></nav><p>One\
        <script>document.write('<p>no')</script><style>a<b</style><template><p>no</template>\
        <noscript>no</noscript><svg><title>no</title><style/><text>no</text></svg>\
        <i class=material-icons>expand_more</i><textarea><p>no</textarea>\
        <select><option>no</select><button>Buy</button><!-- no --><p>Two\
        <ul><li>Three</ul><div role=navigation><div><a>Next page</a></div>2</div></body>";
    assert_eq!(outline(page, Html), ["[] One", "[] Two", "[] - Three"]);
    // a text is no navigation because its element says so
    let text = "<nav><p>Returns are free for thirty days, see <a>terms</a>.</nav><p>End";
    assert_eq!(
        outline(text, Html),
        ["[] Returns are free for thirty days, see terms.", "[] End"]
    );
}

#[test]
fn questions_of_accordions_stay_with_their_answers() {
    let bootstrap = "<html><body><main><h1>FAQ</h1><div class=\"accordion\"><h2 class=\"accordion-header\"><button class=\"accordion-button\" type=\"button\">Can I pay with cryptocurrency?</button></h2>\
        <div class=\"accordion-collapse\"><div class=\"accordion-body\">No, only by card or invoice.</div></div><h2 class=\"accordion-header\"><button class=\"accordion-button collapsed\">Do you deliver on Sundays?</button></h2>\
        <div class=\"accordion-collapse collapse\"><div class=\"accordion-body\">Yes, in Berlin and Hamburg.</div></div></div></main></body></html>";
    assert_eq!(
        outline(bootstrap, Html),
        [
            "[FAQ > Can I pay with cryptocurrency?] No, only by card or invoice.",
            "[FAQ > Do you deliver on Sundays?] Yes, in Berlin and Hamburg.",
        ]
    );
    let buttons = "<h1>FAQ</h1><button class=accordion>Delivery</button><div class=panel hidden><p>Yes.</p></div>\
        <button>Do you deliver on Sundays?</button><div style='display:none'>In Berlin.</div><button>Send</button>";
    assert_eq!(
        outline(buttons, Html),
        [
            "[FAQ] Delivery\nYes.",
            "[FAQ] Do you deliver on Sundays?\nIn Berlin."
        ]
    );
    let details = "<h1>FAQ</h1><details><summary><h3>Sundays?</h3> <span>v</span></summary><p>Yes.</p><details><summary>Where?</summary>Berlin</details></details><p>After</p>";
    assert_eq!(
        outline(details, Html),
        [
            "[FAQ > Sundays? v] Yes.",
            "[FAQ > Sundays? v > Where?] Berlin",
            "[FAQ] After",
        ]
    );
    let terms = "<dl><dt><button>Do you deliver on Sundays?</button></dt><dd style=\"display: none\">Yes, in Berlin and Hamburg.</dd><dt>Costs<dd>None</dl>";
    assert_eq!(
        outline(terms, Html),
        [
            "[] Do you deliver on Sundays?\n- Yes, in Berlin and Hamburg.",
            "[] Costs\n- None"
        ]
    );
}

#[test]
fn what_readers_see_is_text() {
    let ruby = "<p>これは<ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby>です。</p>";
    assert_eq!(outline(ruby, Html), ["[] これは東京(とうきょう)です。"]);
    let unknown = "<p>A <my-price>9 EUR</my-price> offer <unknown>now</unknown>.</p>";
    assert_eq!(outline(unknown, Html), ["[] A 9 EUR offer now."]);
    let title = "<head><title>Warranty terms of the Aurora 3000 kettle</title></head><body><p>Twenty-four months.</p>";
    assert_eq!(
        outline(title, Html),
        ["[Warranty terms of the Aurora 3000 kettle] Twenty-four months."]
    );
    let pictures =
        "<p>See <img alt='the plan of the house'> and <img alt='IMG_1.jpg'><img>here.</p>";
    assert_eq!(
        outline(pictures, Html),
        ["[] See the plan of the house and here."]
    );
    let hidden = "<div hidden>In a tab</div><span aria-hidden=true>9 EUR</span>";
    assert_eq!(outline(hidden, Html), ["[] In a tab", "[] 9 EUR"]);
}

#[test]
fn layout_tables_are_paragraphs_and_inner_tables_stay_tables() {
    let mail = "<table><tr><td><table><tr><td><h2>Your order</h2><p>Dear Ada,</p><p>thank you.</p>\
        <table><tr><th>Item<th>Price<tr><td>Kettle<td>9 EUR</table><p>Bye</p></table></table>";
    assert_eq!(
        outline(mail, Html),
        [
            "[Your order] Dear Ada,",
            "[Your order] thank you.",
            "[Your order] Item | Price\nKettle | 9 EUR",
            "[Your order] Bye",
        ]
    );
    let plans = "<table><tr><td><h4>Basic</h4><td><h4>Team</h4><tr><td>1<td>2</table>";
    assert_eq!(outline(plans, Html), ["[] Basic | Team\n1 | 2"]);
}

#[test]
fn xml_is_read_by_its_elements() {
    let page = "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head><title/><script src='x'/></head><body><div/><p>für</p></body></html>";
    assert_eq!(outline(page, Html), ["[] für"]);
    let feed = "<?xml version='1.0'?><rss><channel><title>News</title><item><title>Sale</title><description><![CDATA[<p>All <b>kettles</b></p><p>half price</p>]]></description></item></channel></rss>";
    assert_eq!(
        outline(feed, Html),
        ["[] News", "[] Sale", "[] All kettles", "[] half price"]
    );
}

#[test]
fn hard_breaks_of_markdown_are_kept() {
    let text = "Our address:  \nUnter den Linden 77  \n10117 Berlin\\\nGermany\n\nQuestion: may I?\nAnswer: yes\n";
    assert_eq!(
        outline(text, Markdown),
        [
            "[] Our address:\nUnter den Linden 77\n10117 Berlin\nGermany",
            "[] Question: may I?\nAnswer: yes",
        ]
    );
}

#[test]
fn prose_of_markdown_that_was_wrapped_is_joined_before_names_and_numbers_too() {
    let prose =
        "A lease needs no deposit, and the bike is insured from the first day on. Employees in
Belgium can lease a bike through their employer, from
109 euros a month.\n";
    let prose = prose.replace(
        "employer, from\n",
        "employer, from the first day of a month and for\n",
    );
    assert_eq!(
        outline(&prose, Markdown),
        [prose.trim_end().replace('\n', " ")].map(|text| format!("[] {text}"))
    );
    let rows = "Grace Hopper, rear admiral of the navy of the United States, compilers
Ada Lovelace, London
Donald Knuth, professor emeritus in Stanford, the art of programming\n";
    assert_eq!(outline(rows, Markdown), [format!("[] {}", rows.trim_end())]);
}

#[test]
fn malformed_pages_are_read_as_far_as_possible() {
    let page = "<h1>Open<p>Text</b></div><ul><li>item<table><tr><td>cell &#0; &unknown; <";
    let blocks = outline(page, Html);
    assert_eq!(blocks[0], "[Open] Text");
    assert_eq!(blocks[1], "[Open] - item");
    assert!(blocks[2].contains("cell"), "{blocks:?}");
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
