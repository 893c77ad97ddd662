//! Handoffs: written as a whole, or not at all.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    fixture::{
        a_claimed_run, an_account, an_agent, claimed_by, follow_up, id, note, now,
        on_each_database, success,
    },
    journal,
};
use crate::{
    domain::{
        Agent, AgentSwitch, ContextItem, ContextItemKind, ContextPolicy, ConversationId, Handoff,
        HandoffInitiator, HandoffOutcome, KeptState, Lease, RunId, RunStep, ToolCall,
        ToolCallStatus,
    },
    error::Kind,
    store::{AttemptCount, TenantStore},
};

/// A handoff between two messages, not stored.
pub(super) fn a_switch(
    tenant: &TenantStore,
    conversation: ConversationId,
    from: &Agent,
    to: &Agent,
) -> AgentSwitch {
    AgentSwitch {
        handoff: Handoff {
            id: id(),
            account: tenant.account,
            conversation,
            run: None,
            step: None,
            from: Some(from.id),
            to: Some(to.id),
            reason: "a problem".to_owned(),
            initiator: HandoffInitiator::User,
            policy: ContextPolicy::Summary,
            carried: vec![ContextItem {
                text: Some("They have a problem.".to_owned()),
                ..ContextItem::new(ContextItemKind::Summary, "summary", "the policy")
            }],
            dropped: vec![ContextItem::new(
                ContextItemKind::ContextField,
                "leadId",
                "unknown to the receiver",
            )],
            outcome: HandoffOutcome::Open,
            created_at: now(),
            ended_at: None,
        },
        sender_context: json!({"caseId": "1"}),
        sender_state: Some(KeptState {
            state: json!({"case": {"failedAttempts": 1}}),
            private: false,
        }),
        receiver_context: json!({"topic": "a"}),
        note: note(),
    }
}

fn by_run(switch: AgentSwitch, run: RunId, step: i32) -> AgentSwitch {
    AgentSwitch {
        handoff: Handoff {
            run: Some(run),
            step: Some(step),
            initiator: HandoffInitiator::Agent,
            ..switch.handoff
        },
        ..switch
    }
}

/// Another agent of the account.
pub(super) async fn another_agent(tenant: &TenantStore, agent: &Agent) -> Agent {
    let other = Agent {
        id: id(),
        slug: "bob".to_owned(),
        name: "Bob".to_owned(),
        ..agent.clone()
    };
    assert!(tenant.insert_agent(&other, &[], note()).await.unwrap());
    other
}

fn a_step(lease: &Lease, agent: &Agent, number: i32) -> RunStep {
    let call = ToolCall {
        step: number,
        ..journal::call(lease, agent, 0, ToolCallStatus::Succeeded)
    };
    RunStep {
        number,
        agent: Some(agent.id),
        private: true,
        ..journal::a_step(vec![call])
    }
}

async fn context_of(tenant: &TenantStore, conversation: ConversationId) -> Value {
    let found = tenant.conversations_by_ids(&[conversation]).await.unwrap();
    found[0].context.clone()
}

async fn outcomes(tenant: &TenantStore, conversation: ConversationId) -> Vec<HandoffOutcome> {
    let handoffs = tenant.handoffs_of(conversation, 9).await.unwrap();
    handoffs.iter().map(|handoff| handoff.outcome).collect()
}

#[tokio::test]
async fn a_handoff_keeps_the_senders_context_and_returns() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let other = another_agent(&tenant, &agent).await;
        let lease = a_claimed_run(&tenant, &agent).await;
        let conversation = lease.conversation;
        let there = a_switch(&tenant, conversation, &agent, &other);
        assert!(tenant.hand_off(&there, None).await.unwrap());
        assert!(
            !tenant.hand_off(&there, None).await.unwrap(),
            "another agent answers now"
        );
        assert_eq!(
            tenant.handoffs_of(conversation, 9).await.unwrap(),
            std::slice::from_ref(&there.handoff)
        );
        assert_eq!(
            context_of(&tenant, conversation).await,
            json!({"topic": "a"})
        );
        let kept = tenant.agent_context(conversation, agent.id).await.unwrap();
        assert_eq!(kept, json!({"caseId": "1"}));
        // a handoff between two messages changes no state: the sender's last run has left it
        let state = tenant.workflow_state(conversation, agent.id).await.unwrap();
        assert_eq!(state, KeptState::default());
        let unknown = tenant.agent_context(conversation, other.id).await.unwrap();
        assert_eq!(unknown, json!({}));

        // the run of the first agent ends; it resolves nothing, because it is not the receiver
        let mut outcome = success(&lease, &agent);
        outcome.resolves_handoffs = true;
        assert!(tenant.finish(&lease, &outcome).await.unwrap());
        assert_eq!(
            outcomes(&tenant, conversation).await,
            [HandoffOutcome::Open]
        );
        let mut next = follow_up(&tenant, &agent, conversation);
        next.switch = Some(a_switch(&tenant, conversation, &other, &agent));
        tenant.accept(&next).await.unwrap();
        assert_eq!(
            outcomes(&tenant, conversation).await,
            [HandoffOutcome::Returned, HandoffOutcome::Open]
        );
        let owner = Uuid::now_v7();
        let claimed = claimed_by(&tenant, conversation, owner, now()).await;
        let (lease, _) = claimed.unwrap().unwrap();
        let mut outcome = success(&lease, &agent);
        outcome.resolves_handoffs = true;
        assert!(tenant.finish(&lease, &outcome).await.unwrap());
        assert_eq!(
            outcomes(&tenant, conversation).await,
            [HandoffOutcome::Returned, HandoffOutcome::Resolved]
        );
        let all = tenant.handoffs_of_conversations(&[conversation], 1).await;
        let newest = next.switch.unwrap().handoff.id;
        assert_eq!(all.unwrap()[0].id, newest);
    })
    .await;
}

#[tokio::test]
async fn a_handoff_of_a_run_needs_the_lease() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let other = another_agent(&tenant, &agent).await;
        let lease = a_claimed_run(&tenant, &agent).await;
        let conversation = lease.conversation;
        tenant
            .release_run(&lease, AttemptCount::Counted, now())
            .await
            .unwrap();
        let claimed = claimed_by(&tenant, conversation, Uuid::now_v7(), now()).await;
        let (owner, _) = claimed.unwrap().unwrap();
        let step = a_step(&lease, &agent, 1);
        let switch = a_switch(&tenant, conversation, &agent, &other);
        let switch = by_run(switch, lease.run, step.number);
        let before = context_of(&tenant, conversation).await;
        let recorded = tenant
            .record_step(&lease, &step, vec![note()], Some(&switch))
            .await;
        assert!(!recorded.unwrap());
        assert_eq!(context_of(&tenant, conversation).await, before);
        assert_eq!(outcomes(&tenant, conversation).await, []);
        let recorded = tenant
            .record_step(&owner, &step, vec![note()], Some(&switch))
            .await;
        assert!(recorded.unwrap());
        let runs = tenant.runs_by_ids(&[lease.run]).await.unwrap();
        assert_eq!(runs[0].agent, Some(other.id));
        let steps = tenant.steps_of(lease.run).await.unwrap();
        assert_eq!(steps[0].handoff.as_ref(), Some(&switch.handoff));
        assert_eq!((steps[0].agent, steps[0].private), (Some(agent.id), true));

        // a refused handoff changes no agent
        let refused = AgentSwitch {
            handoff: Handoff {
                outcome: HandoffOutcome::Rejected,
                ..a_switch(&tenant, conversation, &other, &agent).handoff
            },
            ..a_switch(&tenant, conversation, &other, &agent)
        };
        let step = a_step(&lease, &other, 2);
        let refused = by_run(refused, lease.run, 2);
        let recorded = tenant
            .record_step(&owner, &step, vec![], Some(&refused))
            .await;
        assert!(recorded.unwrap());
        let runs = tenant.runs_by_ids(&[lease.run]).await.unwrap();
        assert_eq!(runs[0].agent, Some(other.id));
        assert_eq!(
            outcomes(&tenant, conversation).await,
            [HandoffOutcome::Open, HandoffOutcome::Rejected]
        );

        assert!(tenant.delete_agent(other.id, note()).await.unwrap());
        let left = tenant.handoffs_of(conversation, 9).await.unwrap();
        assert_eq!((left[0].from, left[0].to), (Some(agent.id), None));
        let to_deleted = a_switch(&tenant, conversation, &agent, &other);
        assert_eq!(
            *tenant.hand_off(&to_deleted, None).await.unwrap_err().kind(),
            Kind::NotFound
        );
    })
    .await;
}
