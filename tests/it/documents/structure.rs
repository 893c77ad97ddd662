//! Hostile files of each kind, generated from a seed.

use rand::{RngExt, rngs::StdRng};

use super::pdf::{PdfFile, deflated};

/// Generates a file.
type Draw = fn(&mut StdRng) -> Vec<u8>;

/// The kinds of hostile files with their generators.
pub(crate) const KINDS: &[(&str, Draw)] = &[
    ("content stream", content_stream),
    ("chained filters", chained_filters),
    ("object streams", object_streams),
    ("forms in forms", forms),
    ("page tree", page_tree),
    ("cross-reference table", table_loop),
    ("cross-reference stream", stream_loop),
    ("broken length", broken_length),
    ("font", font),
    ("changed bytes", changed_bytes),
];

/// A number up to `most` whose order of magnitude is drawn first.
fn magnitude(chance: &mut StdRng, most: usize) -> usize {
    let bits = most.ilog2();
    let bound = 2_usize.pow(chance.random_range(0..=bits)).min(most);
    chance.random_range(bound / 2..=bound)
}

/// A random element.
fn one_of<'a>(chance: &mut StdRng, choices: &[&'a str]) -> &'a str {
    choices[chance.random_range(0..choices.len())]
}

fn operands(chance: &mut StdRng) -> String {
    let piece = one_of(
        chance,
        &[
            "0 ", "/", "()", "<>", "[", "[]", "<<>>", "(a)-1 ", "(", "null ", "0.1-", "%\n", "\\",
            "<</A ", "]", "{",
        ],
    );
    let body = piece.repeat(magnitude(chance, 100_000));
    match chance.random_range(0..4) {
        0 => format!("[{body}] TJ "),
        1 => format!("/P <</A [{body}]>> BDC "),
        2 => format!("BI /D [{body}] ID x EI "),
        _ => format!(
            "{body} {} ",
            one_of(chance, &["Tj", "re", "'", "Tf", "cm", "Do"])
        ),
    }
}

fn content_stream(chance: &mut StdRng) -> Vec<u8> {
    let mut content = "q BT /F 12 Tf (text) Tj ".to_owned();
    for _ in 0..chance.random_range(1..4) {
        content.push_str(&operands(chance));
    }
    let repeats = magnitude(chance, 10_000);
    content.push_str(&one_of(chance, &["q ", "BT ", "/Y Do ", "T* (a) ' "]).repeat(repeats));
    let mut file = PdfFile::of_one_page(content.as_bytes());
    file.add_stream("/Subtype /Form", b"BT /F 12 Tf (form) Tj ET");
    file.bytes()
}

fn chained_filters(chance: &mut StdRng) -> Vec<u8> {
    let mut content = one_of(chance, &["0 ", " ", "[", "(a) Tj "])
        .repeat(magnitude(chance, 200_000))
        .into_bytes();
    let mut names = Vec::new();
    for _ in 0..chance.random_range(1..6) {
        let name = one_of(
            chance,
            &[
                "FlateDecode",
                "FlateDecode",
                "ASCIIHexDecode",
                "RunLengthDecode",
                "LZWDecode",
                "ASCII85Decode",
                "DCTDecode",
            ],
        );
        content = match name {
            "FlateDecode" => deflated(&content),
            "RunLengthDecode" => [129, b' '].repeat(magnitude(chance, 100_000)),
            _ => content,
        };
        names.insert(0, format!("/{name}"));
    }
    let names = names.join(" ");
    let parameters = one_of(
        chance,
        &[
            "",
            "/DecodeParms << /Predictor 15 /Columns 2147483647 >>",
            "/DecodeParms [<< /Predictor 2 /Colors 99999 /BitsPerComponent 16 /Columns 99999 >>]",
            "/DecodeParms 4 0 R",
        ],
    );
    let mut file = PdfFile::default();
    file.add("<< /Type /Catalog /Pages 2 0 R >>");
    file.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    file.add("<< /Type /Page /Parent 2 0 R /Contents [4 0 R 4 0 R] >>");
    file.add_stream(&format!("/Filter [{names}] {parameters}"), &content);
    file.bytes()
}

fn object_streams(chance: &mut StdRng) -> Vec<u8> {
    let mut file = PdfFile::of_one_page(b"BT /F 12 Tf (text) Tj ET");
    for _ in 0..magnitude(chance, 12) {
        let piece = one_of(chance, &["0 ", "/", "[", "()", "<< /A 1 >> ", "<</A "]);
        let object = format!("[{}]", piece.repeat(magnitude(chance, 60_000)));
        let number = chance.random_range(0..200);
        file.add_object_stream(number, object.as_bytes());
    }
    if chance.random() {
        file.with_xref_stream("")
    } else {
        file.bytes()
    }
}

fn forms(chance: &mut StdRng) -> Vec<u8> {
    let draws = "/Y Do ".repeat(chance.random_range(1..4));
    let mut file =
        PdfFile::of_one_page(format!("BT /F 12 Tf (text) Tj ET {draws} /Y Do").as_bytes());
    let count = chance.random_range(1..12);
    // Few files draw until a limit is reached, which takes a while without compiler optimisation.
    let most = if chance.random_range(0..26) == 0 {
        64
    } else {
        1
    };
    for index in 0..count {
        let target = 6 + chance.random_range(0..count);
        let other = 6 + index;
        let entries = format!(
            "/Type /XObject /Subtype /Form /Resources << /XObject << /X {target} 0 R /Y {other} 0 R >> >>"
        );
        let own = one_of(
            chance,
            &[
                "/X Do ",
                "/Y Do ",
                "/X Do /Y Do ",
                "q 1 0 0 1 1 1 cm /X Do ",
            ],
        );
        let times = magnitude(chance, most);
        file.add_stream(&entries, own.repeat(times).as_bytes());
    }
    file.bytes()
}

fn page_tree(chance: &mut StdRng) -> Vec<u8> {
    let mut file = PdfFile::default();
    file.add("<< /Type /Catalog /Pages 2 0 R >>");
    let count = magnitude(chance, 1_000);
    for index in 0..count {
        let number = index + 2;
        let kids = match chance.random_range(0..5) {
            0 => format!("[{} 0 R]", number + 1),
            1 => format!("[{} 0 R {number} 0 R 2 0 R]", number + 1),
            2 => format!("[{}]", "3 0 R ".repeat(magnitude(chance, 500))),
            3 => format!("[{} 0 R {} 0 R]", number + 1, number + 2),
            _ => format!("{} 0 R", number + 1),
        };
        let pages = one_of(chance, &["1", "-1", "99999999999", "2 0 R"]);
        file.add(format!(
            "<< /Type /Pages /Parent 2 0 R /Kids {kids} /Count {pages} >>"
        ));
    }
    let contents = count + 3;
    file.add(format!(
        "<< /Type /Page /Parent 2 0 R /Contents [{}] >>",
        format!("{contents} 0 R ").repeat(magnitude(chance, 20))
    ));
    file.add_stream("", &b"BT ET ".repeat(magnitude(chance, 200)));
    file.bytes()
}

fn table_loop(chance: &mut StdRng) -> Vec<u8> {
    let file = PdfFile::of_one_page(b"BT /F 12 Tf (text) Tj ET");
    let previous = one_of(
        chance,
        &[
            "/Prev {table}",
            "/Prev 0",
            "/Prev -5",
            "/XRefStm {table}",
            "/Prev 99999999999",
            "/Prev 9 /XRefStm 9",
        ],
    );
    let size = one_of(chance, &["6", "0", "-1", "4294967295", "99999999999999"]);
    let start = one_of(chance, &["{table}", "0", "9", "18446744073709551615", "-1"]);
    let root = one_of(
        chance,
        &["1 0 R", "2 0 R", "9 0 R", "[]", "<< /Pages 2 0 R >>"],
    );
    let rows = "0000000009 00000 n \n".repeat(magnitude(chance, 20_000));
    let trailer = format!(
        "{} {rows} trailer << /Size {size} /Root {root} {previous} >>\nstartxref\n{start}\n%%EOF",
        one_of(
            chance,
            &["", "7 4294967295\n", "0 99999999\n", "4294967290 100\n"]
        ),
    );
    file.with_trailer(&trailer)
}

fn stream_loop(chance: &mut StdRng) -> Vec<u8> {
    let mut file = PdfFile::of_one_page(b"BT /F 12 Tf (text) Tj ET");
    let rows = deflated(&vec![0; magnitude(chance, 100_000)]);
    for _ in 0..chance.random_range(0..6) {
        file.add_stream(
            "/Type /XRef /Size 999999 /W [1 0 0] /Root 1 0 R /Filter /FlateDecode /Prev 9",
            &rows,
        );
    }
    file.with_xref_stream(one_of(
        chance,
        &[
            "/Prev {table}",
            "/Index [0 4294967295]",
            "/Index [4294967295 4294967295]",
            "/W [0 0 0]",
            "/W [99999999 99999999 99999999]",
            "/W [-1 1 1]",
            "/Size 4294967295 /Prev 0",
            "/Index [0 1 0 1 0 1]",
        ],
    ))
}

fn broken_length(chance: &mut StdRng) -> Vec<u8> {
    let mut file = PdfFile::of_one_page(b"BT /F 12 Tf (text) Tj ET");
    let entries = format!(
        "/Length {} /Filter {}",
        one_of(
            chance,
            &[
                "0",
                "-1",
                "99999999999999999999",
                "4294967296",
                "6 0 R",
                "7 0 R",
                "8 0 R",
                "[]",
                "1.5",
                "(a)"
            ],
        ),
        one_of(
            chance,
            &[
                "/FlateDecode",
                "[]",
                "6 0 R",
                "/Crypt",
                "[/FlateDecode /FlateDecode]"
            ]
        ),
    );
    let end = one_of(
        chance,
        &[
            "endstream",
            "",
            "endstream endstream",
            "endobj",
            "stream\nendstream",
        ],
    );
    for _ in 0..magnitude(chance, 300) {
        let body = "x".repeat(magnitude(chance, 2_000));
        file.add(format!("<< {entries} >>\nstream\n{body}\n{end}"));
    }
    file.bytes()
}

fn font(chance: &mut StdRng) -> Vec<u8> {
    let mut file = PdfFile::default();
    file.add("<< /Type /Catalog /Pages 2 0 R >>");
    file.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    file.add("<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font 5 0 R >> >>");
    let count = magnitude(chance, 60);
    let drawn: Vec<String> = (0..count)
        .map(|index| format!("BT /F{index} 12 Tf <00410042> Tj ET "))
        .collect();
    file.add_stream("", drawn.concat().as_bytes());
    let names: Vec<String> = (0..count)
        .map(|index| format!("/F{index} {} 0 R ", index + 7))
        .collect();
    file.add(format!("<< {} >>", names.concat()));
    let range = one_of(
        chance,
        &[
            "<0000> <ffff> <0041>",
            "<00> <ff> <0041>",
            "<0041> <0042> [<0041> <0042>]",
            "<ffff> <0000> <0041>",
        ],
    );
    let ranges = format!("{range}\n").repeat(magnitude(chance, 200));
    let map = format!(
        "/CIDInit /ProcSet findresource begin begincmap\n1 begincodespacerange <0000> <ffff> endcodespacerange\n1 beginbfrange\n{ranges}endbfrange\nendcmap"
    );
    file.add_stream("/Filter /FlateDecode", &deflated(map.as_bytes()));
    let widths = one_of(
        chance,
        &["[0 65535 500]", "[0 [1 2 3] 65535 0 1]", "[0 0 0]", "6 0 R"],
    );
    for _ in 0..count {
        file.add(format!(
            "<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 6 0 R /DescendantFonts [<< /W {widths} >>] >>"
        ));
    }
    file.bytes()
}

fn changed_bytes(chance: &mut StdRng) -> Vec<u8> {
    let (_, draw) = KINDS[chance.random_range(0..KINDS.len() - 1)];
    let mut file = draw(chance);
    for _ in 0..chance.random_range(1..40) {
        let place = chance.random_range(0..file.len());
        file[place] = chance.random();
    }
    if chance.random() {
        file.truncate(chance.random_range(0..file.len()));
    }
    file
}
