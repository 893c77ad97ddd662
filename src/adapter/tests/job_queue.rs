//! Wake-ups: each offer goes to one free taker, and takers may be dropped at any time.

use std::{collections::HashSet, sync::Arc};

use futures::{FutureExt, future::join_all};
use uuid::Uuid;

use super::{TestRedis, id, in_time};
use crate::{
    adapter::{memory::LocalJobQueue, redis::RedisJobQueue},
    port::{JobQueue, Offer, Queue},
};

/// Runs a case with two processes that share work: the same process twice, then two over Redis.
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
async fn an_offer_reaches_a_taker_of_its_queue_before_or_after_it_asks() {
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
async fn a_taker_gets_what_it_asked_for_and_earlier_queues_first() {
    in_each(async |one, other| {
        let [interactive, deep, job] = Queue::ALL.map(an_offer);
        one.offer(job);
        one.offer(deep);
        assert_eq!(take(&other, &[Queue::Deep]).await, deep);
        one.offer(interactive);
        // waits until both offers have arrived
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
async fn each_of_many_offers_goes_to_one_of_many_takers() {
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
async fn a_taker_that_leaves_takes_nothing_with_it() {
    in_each(async |one, other| {
        for _ in 0..20 {
            // the taker starts to wait, and is dropped before an offer arrives
            assert_eq!(other.take(&[Queue::Deep]).now_or_never(), None);
        }
        let offers = [an_offer(Queue::Deep), an_offer(Queue::Deep)];
        for offer in offers {
            one.offer(offer);
            let mut taken = None;
            while taken.is_none() {
                // dropped at different times: before the offer, while it is being delivered, and after it
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
async fn more_than_anyone_takes_is_dropped() {
    let queue = LocalJobQueue::default();
    for _ in 0..5_000 {
        queue.offer(an_offer(Queue::Jobs));
    }
    assert_eq!(queue.held(&Queue::ALL), 1_024);
}

#[tokio::test]
async fn the_queue_goes_on_when_redis_was_away_and_when_it_was_emptied() {
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
    // without Redis, a process receives its own offers
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
