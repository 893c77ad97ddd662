//! The encodings that RTF names by numbers.

use encoding_rs::{Encoding, WINDOWS_1252};

/// The encoding of a Windows code page.
pub(super) fn code_page(page: i32) -> Option<&'static Encoding> {
    match page {
        437 | 850 | 858 => Some(WINDOWS_1252),
        932 => Some(encoding_rs::SHIFT_JIS),
        936 | 54_936 => Some(encoding_rs::GBK),
        949 => Some(encoding_rs::EUC_KR),
        950 => Some(encoding_rs::BIG5),
        10_000 => Some(encoding_rs::MACINTOSH),
        65_001 => Some(encoding_rs::UTF_8),
        page => Encoding::for_label(format!("windows-{page}").as_bytes()),
    }
}

/// The encoding of a font's `fcharset`.
pub(super) fn font_charset(charset: i32) -> Option<&'static Encoding> {
    match charset {
        77 => Some(encoding_rs::MACINTOSH),
        128 => Some(encoding_rs::SHIFT_JIS),
        129 | 130 => Some(encoding_rs::EUC_KR),
        134 => Some(encoding_rs::GBK),
        136 => Some(encoding_rs::BIG5),
        161 => Some(encoding_rs::WINDOWS_1253),
        162 => Some(encoding_rs::WINDOWS_1254),
        163 => Some(encoding_rs::WINDOWS_1258),
        177 => Some(encoding_rs::WINDOWS_1255),
        178..=180 => Some(encoding_rs::WINDOWS_1256),
        186 => Some(encoding_rs::WINDOWS_1257),
        204 => Some(encoding_rs::WINDOWS_1251),
        222 => Some(encoding_rs::WINDOWS_874),
        238 => Some(encoding_rs::WINDOWS_1250),
        _ => None,
    }
}
