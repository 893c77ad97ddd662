//! Merges adjacent passages, so that a reader gets a whole paragraph instead of two halves.

use crate::domain::{Passage, ScoredPassage};

/// A passage with its score.
pub(super) type Scored = (Passage, f64);

/// Merges adjacent passages of one document; the result takes the rank of the best of them.
pub(super) fn merged(found: Vec<Scored>) -> Vec<ScoredPassage> {
    let mut groups: Vec<Vec<Scored>> = Vec::new();
    for (passage, score) in found {
        let touches = |group: &Vec<Scored>| {
            group.iter().any(|(other, _)| {
                other.document == passage.document
                    && other.headings == passage.headings
                    && (other.position - passage.position).abs() == 1
            })
        };
        let mut touching: Vec<usize> = (0..groups.len())
            .filter(|index| groups.get(*index).is_some_and(touches))
            .collect();
        if touching.is_empty() {
            groups.push(vec![(passage, score)]);
            continue;
        }
        // the passage may connect two groups
        let first = touching.remove(0);
        for index in touching.into_iter().rev() {
            let more = groups.remove(index);
            if let Some(group) = groups.get_mut(first) {
                group.extend(more);
            }
        }
        if let Some(group) = groups.get_mut(first) {
            group.push((passage, score));
        }
    }
    groups.into_iter().filter_map(joined).collect()
}

fn joined(mut group: Vec<Scored>) -> Option<ScoredPassage> {
    group.sort_by_key(|(passage, _)| passage.position);
    let score = group
        .iter()
        .map(|(_, score)| *score)
        .fold(f64::MIN, f64::max);
    let mut parts = group.into_iter().map(|(passage, _)| passage);
    let first = parts.next()?;
    let mut text = first.text;
    for part in parts {
        append(&mut text, &part.text);
    }
    Some(ScoredPassage {
        document: first.document,
        position: first.position,
        headings: first.headings,
        text,
        score,
    })
}

/// Appends a passage without the sentences that repeat the end of the one before.
fn append(text: &mut String, more: &str) {
    let longest = text.len().min(more.len());
    let overlap = (1..=longest)
        .rev()
        .filter(|length| more.is_char_boundary(*length))
        .find(|length| {
            more.get(..*length)
                .is_some_and(|start| text.ends_with(start))
        });
    if let Some(rest) = overlap.and_then(|length| more.get(length..)) {
        text.push_str(rest);
    } else {
        text.push('\n');
        text.push_str(more);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::merged;
    use crate::domain::{DocumentId, Passage, PassageId};

    #[test]
    fn neighbours_become_one_without_what_they_repeat() {
        let (one, other) = (document(), document());
        let found = vec![
            (passage(one, 4, "It is blue. It costs 5."), 0.5),
            (passage(other, 5, "Elsewhere."), 0.8),
            (passage(one, 6, "Call us."), 0.4),
            (passage(one, 5, "It costs 5. It is late."), 0.7),
            (passage(one, 9, "The end."), 0.1),
        ];
        let merged = merged(found);
        let texts: Vec<&str> = merged.iter().map(|passage| passage.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "It is blue. It costs 5. It is late.\nCall us.",
                "Elsewhere.",
                "The end."
            ]
        );
        assert_eq!((merged[0].position, merged[0].score), (4, 0.7));
    }

    fn document() -> DocumentId {
        DocumentId::from_uuid(Uuid::now_v7())
    }

    fn passage(document: DocumentId, position: i32, text: &str) -> Passage {
        Passage {
            id: PassageId::from_uuid(Uuid::now_v7()),
            document,
            position,
            headings: Vec::new(),
            text: text.to_owned(),
            tokens: 1,
        }
    }
}
