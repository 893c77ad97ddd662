//! Affine transformations as in PDF (ISO 32000-1, 8.3.4).

use lopdf::Object;

use super::operand::Operand;

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
    pub(super) fn of(operands: &[Operand]) -> Option<Self> {
        Self::of_numbers(operands.iter().map(Operand::number))
    }

    /// The matrix of an array of six numbers.
    pub(super) fn of_objects(numbers: &[Object]) -> Option<Self> {
        Self::of_numbers(numbers.iter().map(|number| number.as_float().ok()))
    }

    fn of_numbers(mut numbers: impl Iterator<Item = Option<f32>>) -> Option<Self> {
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

    /// A matrix that scales both axes and then moves.
    pub(super) fn scaling(x: f32, y: f32, right: f32, up: f32) -> Self {
        Self {
            a: x,
            d: y,
            e: right,
            f: up,
            ..Self::IDENTITY
        }
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

    /// The image of a point.
    pub(super) fn apply(self, x: f32, y: f32) -> (f32, f32) {
        (
            self.a * x + self.c * y + self.e,
            self.b * x + self.d * y + self.f,
        )
    }

    /// The image of the direction to the right, of length one; `None` when it has no length.
    pub(super) fn rightwards(self) -> Option<(f32, f32)> {
        unit(self.a, self.b)
    }

    /// The image of the direction downwards, of length one; `None` when it has no length.
    pub(super) fn downwards(self) -> Option<(f32, f32)> {
        unit(-self.c, -self.d)
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

fn unit(x: f32, y: f32) -> Option<(f32, f32)> {
    let length = x.hypot(y);
    (length.is_finite() && length > 0.0).then(|| (x / length, y / length))
}
