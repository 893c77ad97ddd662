//! Limits of connections: a share for each address, and a reserve for callers with a key.
//!
//! A connection has one of four kinds of slot. An *ordinary* slot is open to every address that is within its share.
//! When there is none, the connection gets a slot *on trial*: with a valid key in its first request it moves to a
//! *reserved* slot; without one it is answered 503. When no trial is free, it gets a *refusal*: it is answered 503
//! without reading. Trials and refusals are few and short, and are not part of the configured maximum.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::config::ConnectionConfig;

/// One address may hold at most this fraction (1 / `PART_OF_ADDRESS`) of the reserve, the trials and the refusals.
const PART_OF_ADDRESS: usize = 4;
/// The minimum and maximum number of trials; between them, a twentieth of all connections.
const TRIALS: (usize, usize) = (4, 256);
/// The maximum number of refusals; further connections are closed at once.
const REFUSALS: usize = 2_048;

/// The slots of all connections. Clones share them.
#[derive(Clone)]
pub(super) struct ConnectionSlots(Arc<SlotsInner>);

struct SlotsInner {
    /// By kind: the maximum in total, and for one address.
    limits: Counts<(usize, usize)>,
    register: Mutex<SlotRegister>,
}

#[derive(Default)]
struct SlotRegister {
    all: Counts<usize>,
    addresses: HashMap<IpAddr, Counts<usize>>,
}

/// The kind of a connection's slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SlotKind {
    Ordinary,
    Reserved,
    Trial,
    Refusal,
}

/// A value for each kind of slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts<T> {
    ordinary: T,
    reserved: T,
    trials: T,
    refusals: T,
}

impl<T> Counts<T> {
    fn of(&self, kind: SlotKind) -> &T {
        match kind {
            SlotKind::Ordinary => &self.ordinary,
            SlotKind::Reserved => &self.reserved,
            SlotKind::Trial => &self.trials,
            SlotKind::Refusal => &self.refusals,
        }
    }

    fn of_mut(&mut self, kind: SlotKind) -> &mut T {
        match kind {
            SlotKind::Ordinary => &mut self.ordinary,
            SlotKind::Reserved => &mut self.reserved,
            SlotKind::Trial => &mut self.trials,
            SlotKind::Refusal => &mut self.refusals,
        }
    }
}

impl ConnectionSlots {
    /// Computes the limits from the configuration.
    pub(super) fn new(config: &ConnectionConfig) -> Self {
        let most = config.most.max(1);
        let reserved = percent(most, config.reserve_percent).min(most - 1);
        let trials = (most / 20).clamp(TRIALS.0, TRIALS.1);
        let part = |of: usize| (of, of.div_ceil(PART_OF_ADDRESS));
        let limits = Counts {
            ordinary: (
                most - reserved,
                percent(most, config.address_percent).max(1),
            ),
            reserved: part(reserved),
            trials: part(trials),
            refusals: part(REFUSALS),
        };
        Self(Arc::new(SlotsInner {
            limits,
            register: Mutex::default(),
        }))
    }

    /// Takes a slot for a connection from an address; without an address, no share applies. None when not even a
    /// refusal is free.
    pub(super) fn slot(&self, address: Option<IpAddr>) -> Option<ConnectionSlot> {
        let mut register = self.lock();
        let kind = [SlotKind::Ordinary, SlotKind::Trial, SlotKind::Refusal]
            .into_iter()
            .find(|kind| self.has_room(&register, *kind, address))?;
        register.add(kind, address);
        drop(register);
        Some(ConnectionSlot {
            slots: self.clone(),
            address,
            kind: Mutex::new(kind),
        })
    }

    fn has_room(&self, register: &SlotRegister, kind: SlotKind, address: Option<IpAddr>) -> bool {
        let (most, most_of_address) = *self.0.limits.of(kind);
        let of_address = address.and_then(|address| register.addresses.get(&address));
        *register.all.of(kind) < most
            && of_address.is_none_or(|held| *held.of(kind) < most_of_address)
    }

    fn lock(&self) -> MutexGuard<'_, SlotRegister> {
        self.0
            .register
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl SlotRegister {
    fn add(&mut self, kind: SlotKind, address: Option<IpAddr>) {
        *self.all.of_mut(kind) += 1;
        if let Some(address) = address {
            *self.addresses.entry(address).or_default().of_mut(kind) += 1;
        }
    }

    fn remove(&mut self, kind: SlotKind, address: Option<IpAddr>) {
        let less = |count: &mut usize| *count = count.saturating_sub(1);
        less(self.all.of_mut(kind));
        if let Some(address) = address
            && let Some(held) = self.addresses.get_mut(&address)
        {
            less(held.of_mut(kind));
            if *held == Counts::default() {
                self.addresses.remove(&address);
            }
        }
    }
}

/// The slot of one connection; dropping it frees it.
pub(super) struct ConnectionSlot {
    slots: ConnectionSlots,
    address: Option<IpAddr>,
    kind: Mutex<SlotKind>,
}

impl ConnectionSlot {
    /// Whether the connection has not shown a valid key yet.
    pub(super) fn is_on_trial(&self) -> bool {
        *self.kind() == SlotKind::Trial
    }

    /// Whether the connection must be answered 503 without reading.
    pub(super) fn is_refusal(&self) -> bool {
        *self.kind() == SlotKind::Refusal
    }

    /// Whether the connection comes from a trusted proxy, which has no share.
    pub(super) fn is_exempt(&self) -> bool {
        self.address.is_none()
    }

    /// Moves a connection on trial, which has shown a valid key, to the reserve; false when the reserve is full.
    pub(super) fn promote(&self) -> bool {
        let mut kind = self.kind();
        if *kind != SlotKind::Trial {
            return true;
        }
        let mut register = self.slots.lock();
        // an ordinary slot may have become free in the meantime
        let room = [SlotKind::Ordinary, SlotKind::Reserved]
            .into_iter()
            .find(|kind| self.slots.has_room(&register, *kind, self.address));
        let Some(room) = room else { return false };
        register.remove(*kind, self.address);
        register.add(room, self.address);
        *kind = room;
        true
    }

    fn kind(&self) -> MutexGuard<'_, SlotKind> {
        self.kind.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let kind = *self.kind();
        self.slots.lock().remove(kind, self.address);
    }
}

/// A percentage, rounded up.
fn percent(of: usize, percent: usize) -> usize {
    of.saturating_mul(percent).div_ceil(100)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::{ConnectionSlot, ConnectionSlots, SlotKind};
    use crate::config::ConnectionConfig;

    const ONE: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    const OTHER: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));

    fn slots(most: usize) -> ConnectionSlots {
        ConnectionSlots::new(&ConnectionConfig {
            most,
            ..ConnectionConfig::default()
        })
    }

    fn count(held: &[ConnectionSlot], kind: SlotKind) -> usize {
        held.iter().filter(|slot| *slot.kind() == kind).count()
    }

    fn take(
        slots: &ConnectionSlots,
        address: Option<IpAddr>,
        number: usize,
    ) -> Vec<ConnectionSlot> {
        (0..number).filter_map(|_| slots.slot(address)).collect()
    }

    #[test]
    fn one_address_is_limited_to_its_share() {
        let slots = slots(200);
        let held = take(&slots, ONE, 200);
        assert_eq!(held.len(), 200);
        assert_eq!(count(&held, SlotKind::Ordinary), 10);
        assert_eq!(count(&held, SlotKind::Trial), 3);
        assert_eq!(count(&held, SlotKind::Refusal), 187);
        assert_eq!(count(&take(&slots, OTHER, 10), SlotKind::Ordinary), 10);
        drop(held);
        assert_eq!(count(&take(&slots, ONE, 10), SlotKind::Ordinary), 10);
        assert!(slots.lock().addresses.is_empty());
    }

    #[test]
    fn the_reserve_is_free_when_all_other_slots_are_used() {
        let slots = slots(200);
        let held = take(&slots, None, 190);
        assert_eq!(count(&held, SlotKind::Ordinary), 180);
        assert!(held.iter().all(ConnectionSlot::is_exempt));
        let late = slots.slot(ONE).unwrap();
        assert!(late.is_refusal(), "every trial is taken");
        drop(held);
        let held = take(&slots, None, 180);
        let keyed = take(&slots, ONE, 3);
        assert!(keyed.iter().all(ConnectionSlot::is_on_trial));
        assert!(keyed.iter().all(ConnectionSlot::promote));
        assert_eq!(count(&keyed, SlotKind::Reserved), 3);
        let more: Vec<_> = (0..3)
            .filter_map(|_| {
                let slot = slots.slot(ONE)?;
                slot.promote().then_some(slot)
            })
            .collect();
        assert_eq!(more.len(), 2, "a quarter of the reserve is one address's");
        drop((held, keyed, more, late));
        assert_eq!(slots.lock().all, super::Counts::default());
    }

    #[test]
    fn concurrent_refusals_are_bounded() {
        let slots = slots(1);
        let held = take(&slots, ONE, 10_000);
        assert_eq!(held.len(), 1 + 1 + 512);
    }
}
