//! Sets of numbers, each kept once under a small id, and how one is printed between brackets.

use super::super::name::push_number;
use super::family::Number;
use std::collections::BTreeMap;

/// A progression of at least so many numbers is printed with a step.
const STEP_FROM: usize = 4;

/// A set of more numbers than this is never spelled out as words.
const FEW: u64 = 4;

/// A set of numbers: a single one is its own id, others are numbered. Equal sets have equal ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SetId(pub(super) u64);

const NUMBERED: u64 = 1 << 63;

impl SetId {
    /// Whether it is the set of one number.
    pub(super) fn is_single(self) -> bool {
        self.0 & NUMBERED == 0
    }
}

/// First and last number of a run, both of one width.
type Run = (Number, Number);

/// All the sets met so far.
#[derive(Default)]
pub(super) struct Sets {
    ids: BTreeMap<Box<[Run]>, SetId>,
    sets: Vec<Set>,
    scratch: Vec<Run>,
}

struct Set {
    text: String,
    least: Number,
    /// The numbers, if they are few enough to be spelled out.
    few: Option<Box<[Number]>>,
}

impl Sets {
    /// The id of the set of these numbers, which come sorted, each once, and are not none.
    pub(super) fn id(&mut self, numbers: impl Iterator<Item = Number>) -> SetId {
        self.scratch.clear();
        for number in numbers {
            match self.scratch.last_mut() {
                Some(run) if run.1.0 + 1 == number.0 => run.1 = number,
                _ => self.scratch.push((number, number)),
            }
        }
        if let [(first, last)] = self.scratch[..]
            && first == last
        {
            return SetId(first.0);
        }
        if let Some(&id) = self.ids.get(&self.scratch[..]) {
            return id;
        }
        let id = SetId(NUMBERED | self.sets.len() as u64);
        self.ids.insert(self.scratch.as_slice().into(), id);
        self.scratch.sort_unstable_by_key(|run| natural_key(run.0));
        let count: u64 = self.scratch.iter().map(|run| run.1.0 - run.0.0 + 1).sum();
        self.sets.push(Set {
            text: print(&self.scratch),
            least: self.scratch[0].0,
            few: (count <= FEW).then(|| spread(&self.scratch)),
        });
        id
    }

    /// The number that comes first in natural order.
    pub(super) fn least(&self, id: SetId) -> Number {
        self.get(id).map_or(Number(id.0), |set| set.least)
    }

    /// Writes the set as it stands in a pattern: `7`, `[1-3,7]`, `[0-48/16]`.
    pub(super) fn write(&self, id: SetId, out: &mut String) {
        match self.get(id) {
            None => write_number(Number(id.0), out),
            Some(set) => {
                out.push('[');
                out.push_str(&set.text);
                out.push(']');
            }
        }
    }

    /// How long `write` makes it.
    pub(super) fn written_len(&self, id: SetId) -> usize {
        match self.get(id) {
            None => digits_of(Number(id.0)),
            Some(set) => set.text.len() + 2,
        }
    }

    /// Each number of the set as digits, if they are few.
    pub(super) fn spelled_out(&self, id: SetId) -> Option<Vec<String>> {
        let spell = |number: &Number| {
            let mut digits = String::new();
            write_number(*number, &mut digits);
            digits
        };
        match self.get(id) {
            None => Some(vec![spell(&Number(id.0))]),
            Some(set) => set.few.as_ref().map(|few| few.iter().map(spell).collect()),
        }
    }

    fn get(&self, id: SetId) -> Option<&Set> {
        (!id.is_single()).then(|| &self.sets[(id.0 & !NUMBERED) as usize])
    }
}

/// Writes a number with its padding.
pub(super) fn write_number(number: Number, out: &mut String) {
    push_number(number.value(), number.width(), out);
}

/// The numbers of runs in natural order.
fn spread(runs: &[Run]) -> Box<[Number]> {
    let mut numbers: Vec<Number> = runs.iter().flat_map(|run| (run.0.0..=run.1.0).map(Number)).collect();
    numbers.sort_unstable_by_key(|&number| natural_key(number));
    numbers.into()
}

fn natural_key(number: Number) -> (u64, usize) {
    (number.value(), number.width())
}

fn digits_of(number: Number) -> usize {
    number.width().max(number.value().checked_ilog10().unwrap_or(0) as usize + 1)
}

fn print(runs: &[Run]) -> String {
    let mut text = String::new();
    if let Some(step) = progression(runs) {
        write_number(runs[0].0, &mut text);
        text.push('-');
        write_number(runs[runs.len() - 1].0, &mut text);
        text.push('/');
        push_number(step, 0, &mut text);
        return text;
    }
    for (first, last) in runs {
        if !text.is_empty() {
            text.push(',');
        }
        write_number(*first, &mut text);
        if first != last {
            text.push('-');
            write_number(*last, &mut text);
        }
    }
    text
}

/// The step, if the whole set is single numbers at one distance from each other.
fn progression(runs: &[Run]) -> Option<u64> {
    let step = runs.get(1)?.0.0.checked_sub(runs[0].0.0)?;
    let even = runs.windows(2).all(|pair| pair[1].0.0.checked_sub(pair[0].0.0) == Some(step));
    let single = runs.iter().all(|(first, last)| first == last && first.width() == runs[0].0.width());
    (runs.len() >= STEP_FROM && even && single).then_some(step)
}
