//! Character sets: declared in any way or not at all, and never read wrongly in silence.

use encoding_rs::Encoding;

use super::{LIMITS, refused};
use crate::{Budget, Charset, ContentType, MediaType, read};

/// Encodings with a text of their language, long enough for a person to recognise it.
const TEXTS: &[(&str, &str)] = &[
    (
        "utf-8",
        "Zwroty: nieotwarte paczki można odesłać. Rückgabe: 退货政策 – Возврат.",
    ),
    (
        "gbk",
        "退货政策：未拆封的商品可以在三十天内退货。请附上发票。运费由我们承担。",
    ),
    (
        "gb18030",
        "退货政策：未拆封的商品可以在三十天内退货。请附上发票。运费由我们承担。",
    ),
    (
        "big5",
        "退貨政策：未拆封的商品可以在三十天內退貨。請附上發票。運費由我們承擔。",
    ),
    (
        "shift_jis",
        "返品について：未開封の商品は三十日以内に返品できます。領収書を添えてください。",
    ),
    (
        "euc-jp",
        "返品について：未開封の商品は三十日以内に返品できます。領収書を添えてください。",
    ),
    (
        "iso-2022-jp",
        "返品について：未開封の商品は三十日以内に返品できます。領収書を添えてください。",
    ),
    (
        "euc-kr",
        "반품 정책: 개봉하지 않은 상품은 삼십 일 안에 반품할 수 있습니다. 영수증을 첨부해 주세요.",
    ),
    (
        "windows-1251",
        "Возврат: нераспечатанные товары можно вернуть в течение тридцати дней. Приложите чек.",
    ),
    (
        "koi8-r",
        "Возврат: нераспечатанные товары можно вернуть в течение тридцати дней. Приложите чек.",
    ),
    (
        "iso-8859-2",
        "Zwroty: nieotwarte paczki można odesłać w ciągu trzydziestu dni. Żółty łubin, źródło.",
    ),
    (
        "windows-1250",
        "Zwroty: nieotwarte paczki można odesłać w ciągu trzydziestu dni. Żółty łubin, źródło.",
    ),
    (
        "windows-1252",
        "Die Rückgabe ist dreißig Tage lang möglich – außer für „Größe M“. Café, señor, façade.",
    ),
    (
        "windows-1253",
        "Επιστροφές: τα κλειστά προϊόντα επιστρέφονται μέσα σε τριάντα ημέρες. Επισυνάψτε απόδειξη.",
    ),
    (
        "windows-1254",
        "İade: açılmamış ürünler otuz gün içinde iade edilebilir. Lütfen faturayı ekleyin. Ağ, şeker.",
    ),
    (
        "windows-1255",
        "החזרות: ניתן להחזיר מוצרים סגורים תוך שלושים יום. נא לצרף קבלה.",
    ),
    (
        "windows-1256",
        "الإرجاع: يمكن إرجاع المنتجات المغلقة خلال ثلاثين يوما. يرجى إرفاق الفاتورة.",
    ),
];

fn encoded(label: &str, text: &str) -> Vec<u8> {
    let encoding = Encoding::for_label(label.as_bytes()).unwrap();
    let (bytes, used, has_errors) = encoding.encode(text);
    assert!(!has_errors && used == encoding, "{label}");
    bytes.into_owned()
}

fn of(kind: MediaType, charset: Option<&str>, content: &[u8]) -> Vec<String> {
    let kind = ContentType {
        media_type: kind,
        charset: charset.map(|label| Charset::for_label(label).unwrap()),
    };
    let text = read(content, kind, Budget::new(LIMITS.time)).unwrap();
    text.sections
        .into_iter()
        .flat_map(|section| section.blocks)
        .map(|block| block.text)
        .collect()
}

/// The text as plain text, as a page and as a table.
fn forms(text: &str) -> [(MediaType, String, String); 3] {
    let page = format!("<html><body><p>{text}</p></body></html>");
    let table = format!("id;text\n1;{text}\n2;{text}\n");
    let rows = format!("id | text\n1 | {text}\n2 | {text}");
    [
        (MediaType::Text, text.to_owned(), text.to_owned()),
        (MediaType::Html, page, text.to_owned()),
        (MediaType::Csv, table, rows),
    ]
}

#[test]
fn undeclared_texts_are_recognised() {
    for (label, text) in TEXTS {
        for (kind, content, expected) in forms(text) {
            assert_eq!(
                of(kind, None, &encoded(label, &content)),
                [expected],
                "{label}"
            );
        }
    }
}

#[test]
fn a_declared_charset_is_used() {
    for (label, text) in TEXTS {
        for (kind, content, expected) in forms(text) {
            assert_eq!(
                of(kind, Some(label), &encoded(label, &content)),
                [expected],
                "{label}"
            );
        }
        let page = format!(
            "<html><head><meta charset=\"{label}\"></head><body><p>{text}</p></body></html>"
        );
        assert_eq!(
            of(MediaType::Html, None, &encoded(label, &page)),
            [*text],
            "{label}"
        );
        let page = format!(
            "<?xml version='1.0' encoding='{label}'?>\n<html><body><p>{text}</p></body></html>"
        );
        assert_eq!(
            of(MediaType::Html, None, &encoded(label, &page)),
            [*text],
            "{label}"
        );
    }
}

#[test]
fn wide_units_are_recognised_with_and_without_a_mark() {
    let text = "Returns: sealed goods, thirty days – in Zürich.";
    let units = |mark: &str, is_little: bool| -> Vec<u8> {
        let text = format!("{mark}{text}");
        let bytes = |unit: u16| {
            if is_little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        text.encode_utf16().flat_map(bytes).collect()
    };
    let wide: Vec<u8> = format!("\u{feff}{text}")
        .chars()
        .flat_map(|c| u32::from(c).to_le_bytes())
        .collect();
    for content in [
        units("\u{feff}", true),
        units("\u{feff}", false),
        units("", true),
        units("", false),
        wide,
    ] {
        assert_eq!(of(MediaType::Text, None, &content), [text]);
    }
    assert_eq!(
        of(MediaType::Text, Some("utf-16le"), &units("", true)),
        [text]
    );
}

#[test]
fn a_wrong_declaration_is_not_used() {
    let text = "Grüße und Maße: für Äpfel, höchstens zwölf Kilogramm – größer nicht.";
    for wrong in ["gbk", "iso-8859-1", "windows-1251", "utf-16le"] {
        if wrong != "utf-16le" {
            assert_eq!(
                of(MediaType::Text, Some(wrong), text.as_bytes()),
                [text],
                "{wrong}"
            );
        }
    }
    let latin = encoded("windows-1252", text);
    assert_eq!(of(MediaType::Text, Some("utf-8"), &latin), [text]);
    // one broken byte is no other charset
    let mut broken = text.repeat(10).into_bytes();
    broken.push(0xc3);
    assert!(of(MediaType::Text, None, &broken)[0].starts_with(text));
}

#[test]
fn bytes_of_no_charset_are_refused() {
    let message = "has a character set that could not be recognised; save it as UTF-8, or name the charset in the media type";
    // letters of code page 437
    let dos: Vec<u8> = b"R\x81ckgabe f\x81r Gr\x94\xe1e: 30 Tage m\x94glich, \x84hnlich \xb0\xb1\xb2 \xdb\xdb\xdb \xc4\xc4\xc4\xbf".repeat(3);
    let noise: Vec<u8> = (0..4000_u32)
        .map(|at| u8::try_from(0x80 + at * 7919 % 127).unwrap())
        .collect();
    assert_eq!(refused(&noise, MediaType::Text), message);
    assert_eq!(refused(&dos, MediaType::Text), message);
}
