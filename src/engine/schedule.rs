//! The conversations that wait for a free slot in this process. Accounts take turns, so that an account with many
//! messages does not delay the others, and no account gets all the slots.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::domain::{AccountId, ConversationId};

/// The conversations of this process that wait or are being answered.
pub(super) struct Schedule {
    state: Mutex<ScheduleState>,
    ready: Notify,
    /// The maximum number of runs of one account at a time in this process.
    most_per_account: usize,
}

#[derive(Default)]
struct ScheduleState {
    accounts: HashMap<AccountId, AccountLoad>,
    /// The accounts with waiting conversations, in turn, each once.
    turns: VecDeque<AccountId>,
    conversations: HashMap<ConversationId, Stage>,
}

#[derive(Default)]
struct AccountLoad {
    waiting: VecDeque<ConversationId>,
    running: usize,
}

/// The stage of a conversation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Running,
    /// The conversation is being answered, and another message was stored meanwhile.
    RunningWithMore,
}

impl Stage {
    fn with_more(&mut self) {
        if *self == Self::Running {
            *self = Self::RunningWithMore;
        }
    }
}

impl ScheduleState {
    /// The next conversation in turn, of an account below its maximum.
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

    /// Whether an account below its maximum waits for a slot.
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
    pub(super) fn new(most_per_account: usize) -> Self {
        Self {
            state: Mutex::default(),
            ready: Notify::new(),
            most_per_account,
        }
    }

    /// Adds a conversation that has a run to answer; a conversation that waits already is not added again.
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

    /// Schedules a conversation again after its present run, if this process answers it.
    pub(super) fn come_back_to(&self, conversation: ConversationId) {
        if let Some(stage) = self.lock().conversations.get_mut(&conversation) {
            stage.with_more();
        }
    }

    /// Schedules every conversation that this process answers again.
    pub(super) fn come_back_to_all(&self) {
        self.lock()
            .conversations
            .values_mut()
            .for_each(Stage::with_more);
    }

    /// The next conversation whose turn it is; waits for one.
    pub(super) async fn next(this: &Arc<Self>) -> ScheduleSlot {
        loop {
            let next = this.lock().next(this.most_per_account);
            if let Some((account, conversation)) = next {
                return ScheduleSlot {
                    schedule: Arc::clone(this),
                    account,
                    conversation,
                    more: false,
                };
            }
            this.ready.notified().await;
        }
    }

    /// A slot for a conversation at once, if no other one waits for a slot.
    pub(super) fn enter(
        this: &Arc<Self>,
        account: AccountId,
        conversation: ConversationId,
    ) -> Option<ScheduleSlot> {
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
        Some(ScheduleSlot {
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
        let idle = |account: &AccountLoad| account.running == 0 && account.waiting.is_empty();
        if state.accounts.get(&id).is_some_and(idle) {
            state.accounts.remove(&id);
        }
        let waiting = !state.turns.is_empty();
        drop(state);
        if waiting {
            self.ready.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, ScheduleState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn of a conversation; ends when the slot is dropped.
pub(super) struct ScheduleSlot {
    schedule: Arc<Schedule>,
    account: AccountId,
    conversation: ConversationId,
    more: bool,
}

impl ScheduleSlot {
    pub(super) fn subject(&self) -> (AccountId, ConversationId) {
        (self.account, self.conversation)
    }

    /// Schedules the conversation again, behind the others, when the slot is dropped.
    pub(super) fn has_more(&mut self) {
        self.more = true;
    }
}

impl Drop for ScheduleSlot {
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

    use super::{Schedule, ScheduleSlot};
    use crate::domain::{AccountId, ConversationId};

    fn account() -> AccountId {
        AccountId::from_uuid(Uuid::now_v7())
    }

    fn conversation() -> ConversationId {
        ConversationId::from_uuid(Uuid::now_v7())
    }

    /// The next slot, if there is one now.
    fn next(schedule: &Arc<Schedule>) -> Option<ScheduleSlot> {
        Schedule::next(schedule).now_or_never()
    }

    #[test]
    fn a_flood_of_one_account_delays_no_other() {
        let schedule = Arc::new(Schedule::new(100));
        let (flood, guest) = (account(), account());
        for _ in 0..1_000 {
            schedule.push(flood, conversation());
        }
        let only = conversation();
        schedule.push(guest, only);
        let slots = [next(&schedule), next(&schedule)];
        assert!(
            slots
                .iter()
                .flatten()
                .any(|slot| slot.subject() == (guest, only))
        );
    }

    #[test]
    fn a_conversation_enters_at_once_only_when_no_other_waits() {
        let schedule = Arc::new(Schedule::new(2));
        let (mine, other) = (account(), account());
        let first = conversation();
        let slot = Schedule::enter(&schedule, mine, first).unwrap();
        assert!(Schedule::enter(&schedule, mine, first).is_none());
        let second = Schedule::enter(&schedule, mine, conversation()).unwrap();
        // the account has used its share
        assert!(Schedule::enter(&schedule, mine, conversation()).is_none());
        schedule.push(mine, conversation());
        // an account that has its share does not block another one
        let guest = Schedule::enter(&schedule, other, conversation()).unwrap();
        drop(second);
        // the account that waited is next
        assert!(Schedule::enter(&schedule, other, conversation()).is_none());
        drop(next(&schedule).unwrap());
        drop((slot, guest));
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
    fn a_conversation_has_one_slot_and_no_message_is_lost_meanwhile() {
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
    async fn a_waiting_task_is_woken() {
        let schedule = Arc::new(Schedule::new(1));
        let subject = (account(), conversation());
        let waiting = Schedule::next(&schedule);
        let push = async { schedule.push(subject.0, subject.1) };
        let (slot, ()) = futures::join!(waiting, push);
        assert_eq!(slot.subject(), subject);
    }
}
