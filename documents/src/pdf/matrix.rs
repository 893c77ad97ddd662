//! Affine transformations as in PDF (ISO 32000-1, 8.3.4).

use lopdf::Object;

/// `[a b c d e f]`: x' = a·x + c·y + e, y' = b·x + d·y + f.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix {
    a: f32,
    b: f32,
    c: f32,
    d: f32,
    e: f32,
    f: f32,
}

impl Matrix {
    pub(super) const IDENTITY: Self = Self {
        a: 1.0,
        b: 0.0,
        c: 0.0,
        d: 1.0,
        e: 0.0,
        f: 0.0,
    };

    pub(super) fn translation(x: f32, y: f32) -> Self {
        Self {
            e: x,
            f: y,
            ..Self::IDENTITY
        }
    }

    /// The matrix of six operands; `None` when they are not six finite numbers.
    pub(super) fn of(operands: &[Object]) -> Option<Self> {
        let mut numbers = operands.iter().map(|operand| operand.as_float().ok());
        let mut next = || numbers.next().flatten().filter(|number| number.is_finite());
        Some(Self {
            a: next()?,
            b: next()?,
            c: next()?,
            d: next()?,
            e: next()?,
            f: next()?,
        })
    }

    /// The composition: first this matrix, then the other.
    pub(super) fn then(self, other: Self) -> Self {
        Self {
            a: self.a * other.a + self.b * other.c,
            b: self.a * other.b + self.b * other.d,
            c: self.c * other.a + self.d * other.c,
            d: self.c * other.b + self.d * other.d,
            e: self.e * other.a + self.f * other.c + other.e,
            f: self.e * other.b + self.f * other.d + other.f,
        }
    }

    /// The image of the origin.
    pub(super) fn origin(self) -> (f32, f32) {
        (self.e, self.f)
    }

    /// The horizontal scale.
    pub(super) fn width(self) -> f32 {
        self.a.hypot(self.b)
    }

    /// The vertical scale.
    pub(super) fn height(self) -> f32 {
        self.c.hypot(self.d)
    }
}
