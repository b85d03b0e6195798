//! Ascending integers as bytes: the distance from each to the next, as a varint (seven bits a byte, lowest first).

/// The bytes are not what [`encode`] writes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Appends one number.
#[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
pub(crate) fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes one number off the front.
pub(crate) fn take_varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *bytes = &bytes[index + 1..];
            return Ok(number);
        }
    }
    Err(Malformed)
}

/// Encodes strictly ascending numbers, as distances from `base` on.
pub(crate) fn encode(base: u64, numbers: impl Iterator<Item = u64>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * numbers.size_hint().0);
    let mut last = base;
    for number in numbers {
        push_varint(&mut bytes, number - last);
        last = number;
    }
    bytes
}

/// Appends what [`encode`] was given.
pub(crate) fn decode(base: u64, mut bytes: &[u8], numbers: &mut Vec<u64>) -> Result<(), Malformed> {
    let mut last = base;
    while !bytes.is_empty() {
        last = last.checked_add(take_varint(&mut bytes)?).ok_or(Malformed)?;
        numbers.push(last);
    }
    Ok(())
}

/// The union of two ascending lists, into the first.
pub(crate) fn unite(one: &mut Vec<u64>, other: &[u64]) {
    if other.is_empty() {
        return;
    }
    let in_order = one.last().is_none_or(|last| *last < other[0]);
    one.extend_from_slice(other);
    if !in_order {
        merge_runs(one);
    }
}

/// Sorts two ascending runs.
#[expect(clippy::stable_sort_primitive, reason = "the stable sort merges two runs in one pass")]
fn merge_runs(numbers: &mut Vec<u64>) {
    numbers.sort();
    numbers.dedup();
}

/// Keeps in the first ascending list what stands in the second as well.
pub(crate) fn intersect(one: &mut Vec<u64>, other: &[u64]) {
    let mut rest = other;
    one.retain(|number| {
        // Gallop: the lists may differ a thousandfold in length.
        let mut step = 1;
        while step < rest.len() && rest[step] < *number {
            step *= 2;
        }
        let near = &rest[..rest.len().min(step + 1)];
        rest = &rest[near.partition_point(|candidate| candidate < number)..];
        rest.first() == Some(number)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_damage_is_refused() {
        for numbers in [vec![], vec![0], vec![7, 8, 300, 1 << 20, u64::MAX]] {
            let mut back = Vec::new();
            decode(0, &encode(0, numbers.iter().copied()), &mut back).expect("well-formed");
            assert_eq!(back, numbers);
        }
        assert_eq!(decode(0, &[0x80], &mut Vec::new()), Err(Malformed), "cut off");
        assert_eq!(decode(2, &encode(0, [u64::MAX].into_iter()), &mut Vec::new()), Err(Malformed), "overflow");
    }

    #[test]
    fn lists_unite_and_intersect_as_sets_do() {
        for (one, other, both, either) in [
            (vec![], vec![1], vec![], vec![1]),
            (vec![1, 5, 9], vec![5, 9, 12], vec![5, 9], vec![1, 5, 9, 12]),
            (vec![50], (0..100).collect(), vec![50], (0..100).collect()),
            ((0..100).collect(), vec![0, 99], vec![0, 99], (0..100).collect()),
        ] {
            let mut list = one.clone();
            intersect(&mut list, &other);
            assert_eq!(list, both);
            let mut list = one;
            unite(&mut list, &other);
            assert_eq!(list, either);
        }
    }
}
