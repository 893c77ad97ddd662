//! Conversations that wait for a free slot in this process: accounts take turns, so that nobody's flood is in everybody's
//! way, and no account has all the slots.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::domain::{AccountId, ConversationId};

/// What waits, and what is being answered.
pub(super) struct Schedule {
    state: Mutex<State>,
    ready: Notify,
    /// An account has at most this many runs at a time here.
    most_per_account: usize,
}

#[derive(Default)]
struct State {
    accounts: HashMap<AccountId, Account>,
    /// Accounts that have something waiting, in turn; each once.
    turns: VecDeque<AccountId>,
    conversations: HashMap<ConversationId, Stage>,
}

#[derive(Default)]
struct Account {
    waiting: VecDeque<ConversationId>,
    running: usize,
}

/// How far a conversation is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Running,
    /// It is being answered, and something came meanwhile.
    RunningWithMore,
}

impl Stage {
    fn with_more(&mut self) {
        if *self == Self::Running {
            *self = Self::RunningWithMore;
        }
    }
}

impl State {
    /// The next one in turn, of an account that may have one more.
    fn next(&mut self, most: usize) -> Option<(AccountId, ConversationId)> {
        for _ in 0..self.turns.len() {
            let id = self.turns.pop_front()?;
            let Some(account) = self.accounts.get_mut(&id) else {
                continue;
            };
            if account.running >= most {
                self.turns.push_back(id);
                continue;
            }
            let Some(conversation) = account.waiting.pop_front() else {
                continue;
            };
            account.running += 1;
            if !account.waiting.is_empty() {
                self.turns.push_back(id);
            }
            self.conversations.insert(conversation, Stage::Running);
            return Some((id, conversation));
        }
        None
    }

    /// Whether an account has its turn that may have one more.
    fn has_next(&self, most: usize) -> bool {
        let may = |id| self.accounts.get(id).is_some_and(|one| one.running < most);
        self.turns.iter().any(may)
    }

    fn wait(&mut self, id: AccountId, conversation: ConversationId) {
        self.conversations.insert(conversation, Stage::Waiting);
        let account = self.accounts.entry(id).or_default();
        if account.waiting.is_empty() {
            self.turns.push_back(id);
        }
        account.waiting.push_back(conversation);
    }
}

impl Schedule {
    /// Nothing yet.
    pub(super) fn new(most_per_account: usize) -> Self {
        Self {
            state: Mutex::default(),
            ready: Notify::new(),
            most_per_account,
        }
    }

    /// There is something to do in a conversation; once is enough, however often it is said.
    pub(super) fn push(&self, account: AccountId, conversation: ConversationId) {
        let mut state = self.lock();
        if let Some(stage) = state.conversations.get_mut(&conversation) {
            stage.with_more();
            return;
        }
        state.wait(account, conversation);
        drop(state);
        self.ready.notify_one();
    }

    /// There may be something to do in a conversation, if it is being answered here.
    pub(super) fn come_back_to(&self, conversation: ConversationId) {
        if let Some(stage) = self.lock().conversations.get_mut(&conversation) {
            stage.with_more();
        }
    }

    /// The same of all that are being answered here.
    pub(super) fn come_back_to_all(&self) {
        self.lock()
            .conversations
            .values_mut()
            .for_each(Stage::with_more);
    }

    /// The next conversation whose turn it is; waits for one.
    pub(super) async fn next(this: &Arc<Self>) -> Place {
        loop {
            let next = this.lock().next(this.most_per_account);
            if let Some((account, conversation)) = next {
                return Place {
                    schedule: Arc::clone(this),
                    account,
                    conversation,
                    more: false,
                };
            }
            this.ready.notified().await;
        }
    }

    /// A place for a conversation at once, if nobody is before it.
    pub(super) fn enter(
        this: &Arc<Self>,
        account: AccountId,
        conversation: ConversationId,
    ) -> Option<Place> {
        let mut state = this.lock();
        if state.conversations.contains_key(&conversation) || state.has_next(this.most_per_account)
        {
            return None;
        }
        let mine = state.accounts.entry(account).or_default();
        if mine.running >= this.most_per_account {
            return None;
        }
        mine.running += 1;
        state.conversations.insert(conversation, Stage::Running);
        drop(state);
        Some(Place {
            schedule: Arc::clone(this),
            account,
            conversation,
            more: false,
        })
    }

    fn leave(&self, id: AccountId, conversation: ConversationId, more: bool) {
        let mut state = self.lock();
        let was = state.conversations.remove(&conversation);
        if let Some(account) = state.accounts.get_mut(&id) {
            account.running -= 1;
        }
        if more || was == Some(Stage::RunningWithMore) {
            state.wait(id, conversation);
        }
        let idle = |account: &Account| account.running == 0 && account.waiting.is_empty();
        if state.accounts.get(&id).is_some_and(idle) {
            state.accounts.remove(&id);
        }
        let waiting = !state.turns.is_empty();
        drop(state);
        if waiting {
            self.ready.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A conversation whose turn it is, until this is dropped.
pub(super) struct Place {
    schedule: Arc<Schedule>,
    account: AccountId,
    conversation: ConversationId,
    more: bool,
}

impl Place {
    /// The account and the conversation.
    pub(super) fn subject(&self) -> (AccountId, ConversationId) {
        (self.account, self.conversation)
    }

    /// There may be more to do there: it lines up again behind the others.
    pub(super) fn has_more(&mut self) {
        self.more = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.schedule
            .leave(self.account, self.conversation, self.more);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::FutureExt;
    use uuid::Uuid;

    use super::{Place, Schedule};
    use crate::domain::{AccountId, ConversationId};

    fn account() -> AccountId {
        AccountId::from_uuid(Uuid::now_v7())
    }

    fn conversation() -> ConversationId {
        ConversationId::from_uuid(Uuid::now_v7())
    }

    /// The next place, if there is one now.
    fn next(schedule: &Arc<Schedule>) -> Option<Place> {
        Schedule::next(schedule).now_or_never()
    }

    #[test]
    fn a_flood_of_one_account_is_in_nobodys_way() {
        let schedule = Arc::new(Schedule::new(100));
        let (flood, guest) = (account(), account());
        for _ in 0..1_000 {
            schedule.push(flood, conversation());
        }
        let only = conversation();
        schedule.push(guest, only);
        let places = [next(&schedule), next(&schedule)];
        assert!(
            places
                .iter()
                .flatten()
                .any(|place| place.subject() == (guest, only))
        );
    }

    #[test]
    fn only_who_has_nobody_before_him_enters_at_once() {
        let schedule = Arc::new(Schedule::new(2));
        let (mine, other) = (account(), account());
        let first = conversation();
        let place = Schedule::enter(&schedule, mine, first).unwrap();
        assert!(Schedule::enter(&schedule, mine, first).is_none());
        let second = Schedule::enter(&schedule, mine, conversation()).unwrap();
        // the account's share
        assert!(Schedule::enter(&schedule, mine, conversation()).is_none());
        schedule.push(mine, conversation());
        // who waits for a share of his own is in nobody's way
        let guest = Schedule::enter(&schedule, other, conversation()).unwrap();
        drop(second);
        // now it is that one's turn
        assert!(Schedule::enter(&schedule, other, conversation()).is_none());
        drop(next(&schedule).unwrap());
        drop((place, guest));
        assert!(schedule.lock().accounts.is_empty());
        assert!(schedule.lock().conversations.is_empty());
    }

    #[test]
    fn an_account_has_no_more_than_its_share_and_goes_on_when_one_ends() {
        let schedule = Arc::new(Schedule::new(2));
        let (flood, guest) = (account(), account());
        for _ in 0..5 {
            schedule.push(flood, conversation());
        }
        let mut held: Vec<_> = std::iter::from_fn(|| next(&schedule)).collect();
        assert_eq!(held.len(), 2);
        schedule.push(guest, conversation());
        assert_eq!(next(&schedule).unwrap().subject().0, guest);
        assert!(next(&schedule).is_none());
        held.pop();
        assert_eq!(next(&schedule).unwrap().subject().0, flood);
    }

    #[test]
    fn a_conversation_is_in_one_place_and_nothing_that_comes_meanwhile_is_lost() {
        let schedule = Arc::new(Schedule::new(9));
        let (account, one) = (account(), conversation());
        schedule.push(account, one);
        schedule.push(account, one);
        let first = next(&schedule).unwrap();
        assert!(next(&schedule).is_none());
        schedule.push(account, one);
        assert!(next(&schedule).is_none());
        drop(first);
        let mut second = next(&schedule).unwrap();
        assert_eq!(second.subject(), (account, one));
        second.has_more();
        drop(second);
        drop(next(&schedule).unwrap());
        assert!(next(&schedule).is_none());
        assert!(schedule.lock().accounts.is_empty() && schedule.lock().conversations.is_empty());
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let schedule = Arc::new(Schedule::new(1));
        let subject = (account(), conversation());
        let waiting = Schedule::next(&schedule);
        let push = async { schedule.push(subject.0, subject.1) };
        let (place, ()) = futures::join!(waiting, push);
        assert_eq!(place.subject(), subject);
    }
}
