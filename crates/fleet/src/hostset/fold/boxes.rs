//! A family's rows of numbers as few products of sets: `[1-100]` times `[1-2]`.
//!
//! One column at a time, rows that agree in all other columns are joined, and the column's numbers become one set.
//! Which column goes first decides where exceptions show, so a few orders are tried and the shortest text wins.

use super::family::{Family, MAX_NUMBERS, Number};
use super::sets::{SetId, Sets};

/// How many numbers may be sorted, over all tries, to find the shortest text.
const EFFORT: usize = 4_000_000;

/// Names of one family: every combination of one number from each set.
#[derive(Clone, Copy)]
pub(super) struct Product {
    pub(super) family: usize,
    pub(super) sets: [SetId; MAX_NUMBERS],
}

/// Adds the products that make up a family.
pub(super) fn products(index: usize, family: &Family, sets: &mut Sets, out: &mut Vec<Product>) {
    match family.numbers {
        0 => out.push(Product { family: index, sets: [SetId(0); MAX_NUMBERS] }),
        1 => fold_rows::<1>(index, family, sets, out),
        2 => fold_rows::<2>(index, family, sets, out),
        3 => fold_rows::<3>(index, family, sets, out),
        4 => fold_rows::<4>(index, family, sets, out),
        5 => fold_rows::<5>(index, family, sets, out),
        _ => fold_rows::<MAX_NUMBERS>(index, family, sets, out),
    }
}

/// A row: in each column a number, or the id of a set once the column has been joined.
type Row<const N: usize> = [u64; N];

fn fold_rows<const N: usize>(index: usize, family: &Family, sets: &mut Sets, out: &mut Vec<Product>) {
    let rows: Vec<Row<N>> = family.rows.chunks_exact(N).map(|row| std::array::from_fn(|i| row[i].0)).collect();
    let tries = (EFFORT / (rows.len() * N).max(1)).clamp(1, N);
    let mut best = join_from(N - 1, rows.clone(), sets);
    let mut best_len = text_len(family, &best, sets);
    for first in 0..tries - 1 {
        // Where it is one product, it cannot be shorter; where nothing was joined, no other order joins anything.
        if best.len() == 1 || best.len() == rows.len() {
            break;
        }
        let other = join_from(first, rows.clone(), sets);
        let len = text_len(family, &other, sets);
        if len < best_len {
            (best, best_len) = (other, len);
        }
    }
    out.extend(best.iter().map(|row| {
        let set = |i| SetId(row.get(i).copied().unwrap_or(0));
        Product { family: index, sets: std::array::from_fn(set) }
    }));
}

/// Joins every column, from `first` downwards and around.
fn join_from<const N: usize>(first: usize, mut rows: Vec<Row<N>>, sets: &mut Sets) -> Vec<Row<N>> {
    let turn = (first + 1) % N;
    rows.iter_mut().for_each(|row| row.rotate_left(turn));
    for _ in 0..N {
        rows.sort_unstable();
        rows.dedup();
        join_last(&mut rows, sets);
    }
    rows.iter_mut().for_each(|row| row.rotate_right(turn));
    rows
}

/// Joins sorted rows that differ in the last column only, and moves that column, now sets, to the front.
fn join_last<const N: usize>(rows: &mut Vec<Row<N>>, sets: &mut Sets) {
    let (mut start, mut kept) = (0, 0);
    while start < rows.len() {
        let same = rows[start..].iter().take_while(|row| row[..N - 1] == rows[start][..N - 1]).count();
        let id = sets.id(rows[start..start + same].iter().map(|row| Number(row[N - 1])));
        let mut joined = rows[start];
        joined[N - 1] = id.0;
        joined.rotate_right(1);
        rows[kept] = joined;
        kept += 1;
        start += same;
    }
    rows.truncate(kept);
}

fn text_len<const N: usize>(family: &Family, rows: &[Row<N>], sets: &Sets) -> usize {
    let written = |row: &Row<N>| row.iter().map(|&id| sets.written_len(SetId(id))).sum::<usize>();
    rows.iter().map(|row| family.text.len() + 1 + written(row)).sum()
}
