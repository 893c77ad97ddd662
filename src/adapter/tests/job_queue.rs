//! Job offers: each goes to one free taker, independently of what the other takers do.

use std::{collections::HashSet, sync::Arc};

use futures::{FutureExt, future::join_all};
use uuid::Uuid;

use super::{TestRedis, id, in_time};
use crate::{
    adapter::{memory::LocalJobQueue, redis::RedisJobQueue},
    port::{JobQueue, Offer, Queue},
};

/// Runs a case with two processes that share a queue: once with the same process twice, and then with two over Redis.
async fn in_each(case: impl AsyncFn(Arc<dyn JobQueue>, Arc<dyn JobQueue>)) {
    let local = Arc::new(LocalJobQueue::default());
    case(Arc::clone(&local) as _, local).await;
    if let Some(redis) = TestRedis::there() {
        case(queue(&redis), queue(&redis)).await;
    }
}

fn queue(redis: &TestRedis) -> Arc<dyn JobQueue> {
    Arc::new(RedisJobQueue::start(redis.open(), &redis.tasks))
}

fn an_offer(queue: Queue) -> Offer {
    Offer {
        queue,
        account: id(),
        subject: Uuid::now_v7(),
    }
}

async fn take(queue: &Arc<dyn JobQueue>, queues: &[Queue]) -> Offer {
    in_time(queue.take(queues)).await
}

#[tokio::test]
async fn an_offer_reaches_a_taker_that_waits_already_or_asks_later() {
    in_each(async |one, other| {
        for queue in Queue::ALL {
            let early = an_offer(queue);
            one.offer(early);
            assert_eq!(take(&other, &[queue]).await, early);
            let late = an_offer(queue);
            let queues = [queue];
            let waits = take(&one, &queues);
            let offers = async { other.offer(late) };
            assert_eq!(futures::join!(waits, offers).0, late);
        }
    })
    .await;
}

#[tokio::test]
async fn a_taker_gets_offers_of_its_queues_in_queue_order() {
    in_each(async |one, other| {
        let [interactive, deep, job] = Queue::ALL.map(an_offer);
        one.offer(job);
        one.offer(deep);
        assert_eq!(take(&other, &[Queue::Deep]).await, deep);
        one.offer(interactive);
        // When this offer is taken, the earlier ones have arrived.
        let last = an_offer(Queue::Deep);
        one.offer(last);
        assert_eq!(take(&other, &[Queue::Deep]).await, last);
        let both = [Queue::Interactive, Queue::Jobs];
        assert_eq!(take(&other, &both).await, interactive);
        assert_eq!(take(&other, &both).await, job);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_offer_goes_to_exactly_one_taker() {
    in_each(async |one, other| {
        let offers: Vec<_> = (0..200).map(|_| an_offer(Queue::Interactive)).collect();
        for offer in &offers {
            one.offer(*offer);
        }
        let takers = (0..200).map(|number| {
            let queue = [&one, &other][number % 2];
            take(queue, &Queue::ALL)
        });
        let taken: HashSet<Uuid> = join_all(takers)
            .await
            .iter()
            .map(|offer| offer.subject)
            .collect();
        let offered: HashSet<Uuid> = offers.iter().map(|offer| offer.subject).collect();
        assert_eq!(taken, offered);
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_taker_loses_no_offer() {
    in_each(async |one, other| {
        for _ in 0..20 {
            // The taker is dropped before it gets a reply.
            assert_eq!(other.take(&[Queue::Deep]).now_or_never(), None);
        }
        let offers = [an_offer(Queue::Deep), an_offer(Queue::Deep)];
        for offer in offers {
            one.offer(offer);
            let mut taken = None;
            while taken.is_none() {
                // The taker is dropped before the reply, while the reply is under way, and after it.
                let moment = std::time::Duration::from_micros(300);
                taken = tokio::time::timeout(moment, other.take(&[Queue::Deep]))
                    .await
                    .ok();
            }
            assert_eq!(taken, Some(offer));
        }
    })
    .await;
}

#[tokio::test]
async fn offers_over_the_queue_limit_are_dropped() {
    let queue = LocalJobQueue::default();
    for _ in 0..5_000 {
        queue.offer(an_offer(Queue::Jobs));
    }
    assert_eq!(queue.held(&Queue::ALL), 1_024);
}

#[tokio::test]
async fn the_queue_recovers_after_a_redis_outage_and_after_a_flush() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let there = queue(&redis);
    let (redis, network) = redis.forwarded().await;
    let cut_off = queue(&redis);
    let both = [Queue::Interactive, Queue::Deep];
    let first = an_offer(Queue::Deep);
    there.offer(first);
    assert_eq!(take(&cut_off, &both).await, first);
    network.cut().await;
    // A process without Redis takes its own offers.
    let own = an_offer(Queue::Interactive);
    cut_off.offer(own);
    assert_eq!(take(&cut_off, &both).await, own);
    network.mend();
    let back = an_offer(Queue::Deep);
    there.offer(back);
    assert_eq!(take(&cut_off, &both).await, back);
    for queue in both {
        let key = redis.key(&format!("queue:{}", queue.name()));
        let gone: u8 = redis.ask(redis::cmd("DEL").arg(key)).await;
        assert_eq!(gone, 1);
    }
    let again = an_offer(Queue::Interactive);
    let waits = take(&cut_off, &both);
    let offers = async { there.offer(again) };
    assert_eq!(futures::join!(waits, offers).0, again);
}

#[tokio::test]
async fn the_tasks_end_with_the_queue() {
    let Some(redis) = TestRedis::there() else {
        return;
    };
    let queue = queue(&redis);
    let offer = an_offer(Queue::Jobs);
    queue.offer(offer);
    assert_eq!(take(&queue, &Queue::ALL).await, offer);
    drop(queue);
    redis.tasks.close();
    in_time(redis.tasks.wait()).await;
}
