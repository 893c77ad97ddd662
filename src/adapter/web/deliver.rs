//! Sends deliveries of webhooks to tenants' URLs.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{StatusCode, header};

use super::{Egress, fetch::failure};
use crate::{
    error::{Error, Result},
    port::{Delivery, WebhookSender},
};

/// The timeout from the connection to the status of the answer.
const TOTAL: Duration = Duration::from_secs(15);
/// What the requests say they are from.
const AGENT: &str = concat!("Troupe/", env!("CARGO_PKG_VERSION"));

/// Sends deliveries through the egress guard. Their events are for the account alone, so `http://` is for addresses only
/// that the operator has allowed.
#[derive(Debug, Clone)]
pub struct GuardedSender {
    egress: Egress,
}

impl GuardedSender {
    /// Creates a sender that reaches only what `egress` allows.
    pub fn new(egress: Egress) -> Self {
        Self { egress }
    }
}

#[async_trait]
impl WebhookSender for GuardedSender {
    fn check(&self, field: &str, url: &str) -> Result<()> {
        self.egress.check_encrypted(field, url).map(drop)
    }

    /// The body of the answer is not read, and redirects are not followed: a signed delivery is for one address.
    async fn send(&self, delivery: &Delivery) -> Result<()> {
        let url = self.egress.check_encrypted("url", &delivery.url)?;
        let request = self
            .egress
            .client_for_secret(&url)
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, AGENT)
            .header("webhook-id", &delivery.id)
            .header("webhook-timestamp", delivery.seconds)
            .header("webhook-signature", &delivery.signature)
            .body(delivery.body.clone())
            .timeout(TOTAL);
        let response = request.send().await.map_err(failure)?;
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => Err(Error::bad_input(
                "url",
                "its server answered 410 (Gone): it wants no more events",
            )),
            status => Err(Error::unavailable(format!(
                "the URL's server answered {}, expected 200 to 299",
                status.as_u16()
            ))),
        }
    }
}
