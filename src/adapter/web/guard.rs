//! The egress guard: URLs from tenants may lead only to public addresses and to those that the operator has allowed.
//!
//! A URL is checked before the request, and its host name again when it is resolved: the resolver of the connection
//! removes addresses that are not public, so a name whose addresses change after the check is still blocked. The client
//! does not follow redirects: a caller that follows one checks it first.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use url::{Host, Url};

use super::{address::kind_unless_public, exceptions::Exceptions};
use crate::error::{Error, Result};

/// The timeout of connecting.
const CONNECT: Duration = Duration::from_secs(10);
/// The timeout for each part of a response.
const IDLE: Duration = Duration::from_secs(15);
/// The maximum length of a URL in bytes.
const LONGEST_URL: usize = 2048;

/// HTTP clients for URLs from tenants. Cheap to clone.
#[derive(Clone)]
pub struct Egress {
    exceptions: Arc<Exceptions>,
    resolver: Arc<dyn Resolve>,
    public: Client,
    opened: Client,
    /// Connects only to addresses that the operator has allowed.
    opened_only: Client,
    /// Whether secrets may be sent to any address without encryption.
    is_lenient: bool,
}

/// The addresses of a host name to which a client may connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AllowedAddresses {
    /// Public addresses, and those in allowed networks.
    Public,
    /// All addresses of an allowed host; for other hosts as `Public`.
    OpenedHosts,
    /// Addresses in allowed networks only.
    OpenedNetworks,
}

/// The options of the guard's clients.
#[derive(Debug, Clone, Copy)]
pub struct EgressOptions {
    /// The timeout of connecting.
    pub connect: Duration,
    /// The timeout for each part of a response; `None` when the caller has a deadline of its own.
    pub silence: Option<Duration>,
}

impl Egress {
    /// A guard with these exceptions, each `host:port` or a network such as `10.1.0.0/16`. INTERNAL when no HTTP client
    /// can be built.
    pub fn new(allow: &[String]) -> Result<Self> {
        Self::resolving_with(allow, SystemResolver)
    }

    /// The same guard with another resolver.
    pub(super) fn resolving_with(
        allow: &[String],
        resolver: impl Resolve + 'static,
    ) -> Result<Self> {
        let options = EgressOptions {
            connect: CONNECT,
            silence: Some(IDLE),
        };
        let exceptions = Arc::new(Exceptions::new(allow));
        Self::joined(exceptions, Arc::new(resolver), options)
    }

    /// The same guard with other options.
    pub fn with_options(&self, options: EgressOptions) -> Result<Self> {
        let exceptions = Arc::clone(&self.exceptions);
        let joined = Self::joined(exceptions, Arc::clone(&self.resolver), options)?;
        Ok(Self {
            is_lenient: self.is_lenient,
            ..joined
        })
    }

    fn joined(
        exceptions: Arc<Exceptions>,
        resolver: Arc<dyn Resolve>,
        options: EgressOptions,
    ) -> Result<Self> {
        let client = |reach| {
            let resolver = GuardedResolver {
                exceptions: Arc::clone(&exceptions),
                resolver: Arc::clone(&resolver),
                reach,
            };
            build(resolver, options)
        };
        Ok(Self {
            public: client(AllowedAddresses::Public)?,
            opened: client(AllowedAddresses::OpenedHosts)?,
            opened_only: client(AllowedAddresses::OpenedNetworks)?,
            exceptions,
            resolver,
            is_lenient: false,
        })
    }

    /// The same guard, which also allows secrets on `http://` addresses that are not allowed explicitly; for
    /// development.
    #[must_use]
    pub fn with_plain_secrets(mut self) -> Self {
        self.is_lenient = true;
        self
    }

    /// Like [`Self::check`], for a URL to which a secret is sent: `http://` is allowed only for the operator's
    /// exceptions.
    pub fn check_for_secret(&self, field: &str, url: &str) -> Result<Url> {
        let url = self.check(field, url)?;
        if self.may_be_plain(&url) {
            return Ok(url);
        }
        Err(Error::bad_input(
            field,
            "a token would be sent over http, unencrypted; expected an https address, or one that the operator has opened",
        ))
    }

    /// Like [`Self::check`], for a URL whose content must not be exchanged on the way: `http://` is allowed only for the
    /// operator's exceptions. The client is [`Self::client_for_secret`].
    pub fn check_encrypted(&self, field: &str, url: &str) -> Result<Url> {
        let url = self.check(field, url)?;
        if self.may_be_plain(&url) {
            return Ok(url);
        }
        Err(Error::bad_input(
            field,
            "is an http address; expected https, or an address that the operator has opened",
        ))
    }

    /// Whether a URL is encrypted or may be one of the operator's exceptions.
    fn may_be_plain(&self, url: &Url) -> bool {
        if !self.is_plain(url) || self.exceptions.has_origin(url) {
            return true;
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.exceptions.has_address(address.into()),
            Some(Host::Ipv6(address)) => self.exceptions.has_address(address.into()),
            // the addresses of the name are checked when it is resolved
            Some(Host::Domain(_)) => self.exceptions.has_networks(),
            None => false,
        }
    }

    /// Like [`Self::client`], for a URL that [`Self::check_for_secret`] has accepted.
    pub fn client_for_secret(&self, url: &Url) -> &Client {
        if self.is_plain(url) && !self.exceptions.has_origin(url) {
            &self.opened_only
        } else {
            self.client(url)
        }
    }

    fn is_plain(&self, url: &Url) -> bool {
        !self.is_lenient && url.scheme() == "http"
    }

    /// Parses the URL. `BAD_USER_INPUT` for `field` when it is invalid, or when it is blocked without resolving its
    /// host.
    pub fn check(&self, field: &str, url: &str) -> Result<Url> {
        let refuse = |problem: String| Error::bad_input(field, problem);
        if url.len() > LONGEST_URL {
            return Err(refuse(format!(
                "{} bytes, at most {LONGEST_URL}",
                url.len()
            )));
        }
        let parsed = Url::parse(url)
            .map_err(|error| refuse(format!("is not a URL ({error}), expected https://…")))?;
        self.refusal(&parsed)
            .map_or(Ok(parsed), |problem| Err(refuse(problem)))
    }

    /// The client for a URL that was checked. It uses no proxy and follows no redirect, and it gives up a server that is
    /// silent for 15 s, unless [`EgressOptions`] say otherwise. The caller limits the total time, and the size after
    /// decompression.
    pub fn client(&self, url: &Url) -> &Client {
        if self.exceptions.has_origin(url) {
            &self.opened
        } else {
            &self.public
        }
    }

    fn refusal(&self, url: &Url) -> Option<String> {
        if !matches!(url.scheme(), "http" | "https") {
            let scheme = crate::domain::excerpt(url.scheme());
            return Some(format!("has the scheme {scheme}, expected https or http"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Some("has a user name or a password; leave them out".to_owned());
        }
        if self.exceptions.has_origin(url) {
            return None;
        }
        let address = match url.host()? {
            Host::Domain(name) => return self.refused_name(name),
            Host::Ipv4(address) => address.into(),
            Host::Ipv6(address) => address.into(),
        };
        let kind = kind_unless_public(address)?;
        (!self.exceptions.has_address(address))
            .then(|| format!("the address is {kind}, expected a public one"))
    }

    fn refused_name(&self, name: &str) -> Option<String> {
        if name.ends_with('.') {
            return Some("the host ends with a dot; leave it out".to_owned());
        }
        // RFC 6761: always this machine, whatever a resolver returns
        let is_local = name == "localhost" || name.ends_with(".localhost");
        let loopback_is_open = self.exceptions.has_address([127, 0, 0, 1].into());
        (is_local && !loopback_is_open)
            .then(|| "the host is this machine, expected a public one".to_owned())
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress")
            .field("exceptions", &self.exceptions)
            .finish_non_exhaustive()
    }
}

fn build(resolver: GuardedResolver, options: EgressOptions) -> Result<Client> {
    let builder = Client::builder()
        .dns_resolver(Arc::new(resolver))
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(options.connect)
        .user_agent(concat!("troupe/", env!("CARGO_PKG_VERSION")));
    let builder = match options.silence {
        Some(silence) => builder.read_timeout(silence),
        None => builder,
    };
    builder
        .build()
        .map_err(|error| Error::internal("building the guarded HTTP client").with_source(error))
}

/// The error of a name that resolves only to blocked addresses.
#[derive(Debug, thiserror::Error)]
#[error("the host has no public address")]
pub struct Forbidden;

/// A resolver that removes blocked addresses.
struct GuardedResolver {
    exceptions: Arc<Exceptions>,
    resolver: Arc<dyn Resolve>,
    /// Allowed hosts have a client of their own, because a resolver does not receive the port.
    reach: AllowedAddresses,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let exceptions = Arc::clone(&self.exceptions);
        let reach = self.reach;
        let is_open = reach == AllowedAddresses::OpenedHosts && exceptions.has_host(name.as_str());
        let resolving = self.resolver.resolve(name);
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = resolving
                .await?
                .filter(|address| {
                    let ip = address.ip();
                    let is_public = || {
                        reach != AllowedAddresses::OpenedNetworks
                            && kind_unless_public(ip).is_none()
                    };
                    is_open || is_public() || exceptions.has_address(ip)
                })
                .collect();
            if addresses.is_empty() {
                return Err(Forbidden.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The operating system's resolver.
struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // port 0 is replaced by the connection's port
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(addresses.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}
