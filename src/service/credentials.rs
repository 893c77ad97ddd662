//! What a request brings to be authenticated by.

/// The credentials of one request.
#[derive(Clone, Default)]
pub struct Credentials {
    /// `Bearer <key, session token or token of an identity provider>`.
    pub authorization: Option<String>,
    /// The id of the account that an operator wants to act in.
    pub account: Option<String>,
    /// The origin of the page that makes the request, as its browser says.
    pub origin: Option<String>,
    /// Whether the installation does not allow the origin, and a public agent lists it: it is for sessions only that name
    /// it.
    pub is_public_origin: bool,
}
