//! The built-in encodings of Symbol and `ZapfDingbats` (ISO 32000-1, D.5 and D.6), as the characters of their codes.

/// The first codes of the two halves of an encoding.
const LOWER: u8 = 0x20;
const UPPER: u8 = 0xa0;

/// Codes from 0x20 and from 0xa0; U+FFFD stands for a code without a character.
const SYMBOL: [&str; 2] = [
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\u{fffd}〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
];
const ZAPF_DINGBATS: [&str; 2] = [
    " ✁✂✃✄☎✆✇✈✉☛☞✌✍✎✏✐✑✒✓✔✕✖✗✘✙✚✛✜✝✞✟✠✡✢✣✤✥✦✧★✩✪✫✬✭✮✯✰✱✲✳✴✵✶✷✸✹✺✻✼✽✾✿❀❁❂❃❄❅❆❇❈❉❊❋●❍■❏❐❑❒▲▼◆❖◗❘❙❚❛❜❝❞",
    "\u{fffd}❡❢❣❤❥❦❧♣♦♥♠①②③④⑤⑥⑦⑧⑨⑩❶❷❸❹❺❻❼❽❾❿➀➁➂➃➄➅➆➇➈➉➊➋➌➍➎➏➐➑➒➓➔→↔↕➘➙➚➛➜➝➞➟➠➡➢➣➤➥➦➧➨➩➪➫➬➭➮➯\u{fffd}➱➲➳➴➵➶➷➸➹➺➻➼➽➾",
];

pub(super) fn symbol(code: u8) -> Option<char> {
    character(SYMBOL, code)
}

pub(super) fn zapf_dingbats(code: u8) -> Option<char> {
    character(ZAPF_DINGBATS, code)
}

fn character([lower, upper]: [&str; 2], code: u8) -> Option<char> {
    let found = if code < UPPER {
        lower.chars().nth(usize::from(code.checked_sub(LOWER)?))
    } else {
        upper.chars().nth(usize::from(code - UPPER))
    };
    found.filter(|c| *c != '\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_characters() {
        for (code, c) in [
            (b'a', 'α'),
            (b'~', '∼'),
            (0xa5, '∞'),
            (0xc5, '⊕'),
            (0xe5, '∑'),
            (0xfe, '⎭'),
        ] {
            assert_eq!(symbol(code), Some(c), "{code:x}");
        }
        assert_eq!((symbol(0xf0), symbol(0x7f), symbol(9)), (None, None, None));
        for (code, c) in [
            (b'!', '✁'),
            (b'4', '✔'),
            (b'l', '●'),
            (0x7e, '❞'),
            (0xac, '①'),
            (0xd4, '➔'),
            (0xfe, '➾'),
        ] {
            assert_eq!(zapf_dingbats(code), Some(c), "{code:x}");
        }
        assert_eq!(zapf_dingbats(0xf0), None);
    }
}
