//! Sends deliveries to the addresses of webhooks, and refuses addresses that tenants must not reach.

use async_trait::async_trait;

use crate::error::Result;

/// A signed request to the address of a webhook.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The address.
    pub url: String,
    /// The id of the delivery; the same for the same events.
    pub id: String,
    /// The time of the request, in seconds since 1970.
    pub seconds: i64,
    /// The signature over the id, the time and the body.
    pub signature: String,
    /// The body, JSON.
    pub body: String,
}

/// Sends deliveries.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Checks whether deliveries may be sent to a URL, without connecting. `BAD_USER_INPUT` for `field` if not.
    fn check(&self, field: &str, url: &str) -> Result<()>;

    /// Sends a delivery; it is accepted when the server answers with a status of 200 to 299. UNAVAILABLE when a later
    /// attempt may help; `BAD_USER_INPUT` when the address is not allowed, or when the server answers 410 (Gone), which
    /// means that it wants no more.
    async fn send(&self, delivery: &Delivery) -> Result<()>;
}
