//! The glyphs of TeX's fonts: names that the Adobe Glyph List does not have, and numbers for names.

use read_fonts::ps::agl;

use super::encoding::BaseEncoding;

/// What the fonts of large signs add to the name of a sign.
const SIZES: [&str; 6] = ["Bigg", "bigg", "Big", "big", "text", "display"];

/// The names and their characters.
const NAMES: &[(&str, char)] = &[
    ("angbracketleft", '⟨'),
    ("angbracketright", '⟩'),
    ("arrowdblbothv", '⇕'),
    ("arrowdblleft", '⇐'),
    ("arrowdown", '↓'),
    ("arrownortheast", '↗'),
    ("arrownorthwest", '↖'),
    ("arrowsoutheast", '↘'),
    ("arrowsouthwest", '↙'),
    ("bardbl", '‖'),
    ("ceilingleft", '⌈'),
    ("ceilingright", '⌉'),
    ("check", '✓'),
    ("checkmark", '✓'),
    ("circlecopyrt", '©'),
    ("circledivide", '⊘'),
    ("circledot", '⊙'),
    ("circleminus", '⊖'),
    ("contintegral", '∮'),
    ("coproduct", '∐'),
    ("diamondmath", '⋄'),
    ("epsilon1", 'ϵ'),
    ("equivasymptotic", '≍'),
    ("floorleft", '⌊'),
    ("floorright", '⌋'),
    ("follows", '≻'),
    ("followsequal", '⪰'),
    ("greaterorequalslant", '⩾'),
    ("greatermuch", '≫'),
    ("intersectionsq", '⊓'),
    ("latticetop", '⊤'),
    ("lessmuch", '≪'),
    ("lessorequalslant", '⩽'),
    ("lscript", 'ℓ'),
    ("mapsto", '↦'),
    ("minusplus", '∓'),
    ("openbullet", '◦'),
    ("owner", '∋'),
    ("pi1", 'ϖ'),
    ("precedes", '≺'),
    ("precedesequal", '⪯'),
    ("reflexsubset", '⊆'),
    ("reflexsuperset", '⊇'),
    ("rho1", 'ϱ'),
    ("similarequal", '≃'),
    ("squaresolid", '■'),
    ("subsetsqequal", '⊑'),
    ("supersetsqequal", '⊒'),
    ("tildewide", '˜'),
    ("triangle", '△'),
    ("triangleinv", '▽'),
    ("turnstileleft", '⊢'),
    ("turnstileright", '⊣'),
    ("unionmulti", '⊎'),
    ("unionsq", '⊔'),
    ("vector", '⃗'),
    ("vextenddouble", '‖'),
    ("vextendsingle", '|'),
    ("wreathproduct", '≀'),
];

/// The code from which the T1 encoding has letters of its own, and these letters.
const FIRST_LETTER: u8 = 0x80;
const LETTERS: &str = "ĂĄĆČĎĚĘĞĹĽŁŃŇŊŐŔŘŚŠŞŤŢŰŮŸŹŽŻĲİđ§ăąćčďěęğĺľłńňŋőŕřśšşťţűůÿźžżĳ¡¿£";

/// The code in a name such as `a65`, which TeX writes for the glyphs of bitmap fonts. In other fonts, these are names of
/// Zapf Dingbats.
pub(super) fn number(name: &str) -> Option<u8> {
    let digits = name.strip_prefix('a')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

/// The text of a code in a bitmap font of TeX, whose encoding is not in the file. The ligatures of its two encodings, the usual
/// ones, have different codes; only T1 has codes above ASCII.
pub(super) fn text_of_code(code: u8) -> Option<String> {
    let text = match code {
        11 | 27 => "ff",
        12 | 28 => "fi",
        13 | 29 => "fl",
        14 | 30 => "ffi",
        15 | 31 => "ffl",
        0xd7 => "Œ",
        0xdf => "SS",
        0xf7 => "œ",
        0xff => "ß",
        _ => {
            let own = code
                .checked_sub(FIRST_LETTER)
                .and_then(|at| LETTERS.chars().nth(usize::from(at)));
            let usual = || BaseEncoding::WinAnsi.character(code);
            return own.or_else(usual).map(String::from);
        }
    };
    Some(text.to_owned())
}

/// The character of a glyph with this name.
pub(super) fn character(name: &str) -> Option<char> {
    own(name).or_else(|| {
        let sign = SIZES.iter().find_map(|size| name.strip_suffix(size))?;
        own(sign).or_else(|| agl::name_to_char(sign))
    })
}

fn own(name: &str) -> Option<char> {
    let found = NAMES.iter().find(|(own, _)| *own == name);
    found.map(|(_, character)| *character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_have_characters_in_each_size() {
        for (name, expected) in [
            ("angbracketleft", '⟨'),
            ("parenleftBigg", '('),
            ("floorleftbig", '⌊'),
            ("summationdisplay", '∑'),
            ("integraltext", '∫'),
        ] {
            assert_eq!(character(name), Some(expected), "{name}");
        }
        assert_eq!(character("text"), None);
        assert_eq!(character("unknown"), None);
    }

    #[test]
    fn numbers_are_codes() {
        assert_eq!(
            (number("a65"), number("a"), number("a300")),
            (Some(65), None, None)
        );
        let texts = [65, 12, 28, 0xae, 0xe4, 0xff, 3].map(text_of_code);
        let texts = texts.map(Option::unwrap_or_default);
        assert_eq!(texts, ["A", "fi", "fi", "ő", "ä", "ß", ""]);
        assert_eq!(LETTERS.chars().count(), 64);
    }
}
