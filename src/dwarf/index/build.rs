//! From the units to the sorted arrays: units in parallel, then their names in order.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use gimli::Section as _;
use rayon::prelude::*;

use super::pool;
use super::scan::Scan;
use super::shard::{Crossing, NameKey, RawScope, Shard};
use super::table::{Arrays, Table};
use crate::base::{Error, Result};
use crate::dwarf::info::{DebugInfo, R, bad};
use crate::dwarf::unit::{UnitId, Units};

/// A new index, and what is damaged of the units.
pub(super) struct Built {
    /// The index.
    pub table: Table,
    /// One error for each unit that could not be read to its end.
    pub damaged: Vec<Error>,
}

/// Rounds in which names are looked for in other units: how often an entry of one may refer to one of another.
const MAX_ROUNDS: usize = 4;

/// Reads the names of all units. `is_cancelled` is asked before each.
pub(super) fn build(info: &DebugInfo, is_cancelled: &(dyn Fn() -> bool + Sync)) -> Result<Built> {
    info.with(|units| {
        let mut order: Vec<UnitId> = units.ids().collect();
        // The long ones first, so that no thread is left alone with one.
        order.sort_by_key(|u| std::cmp::Reverse(units.length(*u)));
        let damaged = Mutex::new(Vec::new());
        let next = AtomicUsize::new(0);
        let pool = pool::threads()?;
        let one = || {
            let mut shard = Shard::new();
            while let Some(unit) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                if is_cancelled() {
                    break;
                }
                if let Err(e) = scan(units, *unit, &mut shard)
                    && let Ok(mut damaged) = damaged.lock()
                {
                    damaged.push((*unit, info.damaged(*unit, e)));
                }
            }
            shard
        };
        let shards = pool.broadcast(|_| one());
        let shards = pool.install(|| complete(units, shards));
        if is_cancelled() {
            return Err(Error::Cancelled);
        }
        let strings = units.dwarf().map(|d| *d.debug_str.reader()).unwrap_or_else(|| R::new(&[], gimli::LittleEndian));
        let arrays = pool.install(|| merge(&shards, strings));
        let too_large = || bad(info.path(), ".debug_info", 0, gimli::Error::UnsupportedOffset);
        let table = Table::build(&arrays).ok_or_else(too_large)?;
        let mut damaged = damaged.into_inner().unwrap_or_default();
        damaged.sort_by_key(|(unit, _)| *unit);
        Ok(Built { table, damaged: damaged.into_iter().map(|(_, e)| e).collect() })
    })
}

fn scan<'a>(units: &Units<'a>, unit: UnitId, shard: &mut Shard<'a>) -> gimli::Result<()> {
    units.look_into(unit, |unit| Scan::new(units, unit, shard).names())?
}

/// Finds the names that entries have from other units: as dwz and link-time optimisation leave them.
fn complete<'a>(units: &Units<'a>, mut shards: Vec<Shard<'a>>) -> Vec<Shard<'a>> {
    let mut crossings: Vec<Crossing> = shards.iter_mut().flat_map(|s| std::mem::take(&mut s.crossings)).collect();
    for _ in 0..MAX_ROUNDS {
        if crossings.is_empty() {
            break;
        }
        crossings.par_sort_unstable_by_key(|c| (c.to, c.die));
        let groups: Vec<&[Crossing]> = crossings.chunk_by(|a, b| a.to.unit == b.to.unit).collect();
        let found: Vec<(Shard<'a>, Vec<Crossing>)> = groups
            .par_chunks(groups.len().div_ceil(rayon::current_num_threads()).max(1))
            .map(|groups| {
                let mut shard = Shard::new();
                let mut left = Vec::new();
                for group in groups {
                    let Some(unit) = group.first().map(|c| c.to.unit) else { continue };
                    let completed = units.look_into(unit, |unit| Scan::new(units, unit, &mut shard).complete(group));
                    left.extend(completed.unwrap_or_default());
                }
                (shard, left)
            })
            .collect();
        crossings = Vec::new();
        for (shard, left) in found {
            shards.push(shard);
            crossings.extend(left);
        }
    }
    shards
}

/// Sorts the names of all shards, gives the scopes common numbers, and orders the entries by name.
fn merge(shards: &[Shard<'_>], strings: R<'_>) -> Arrays {
    let (texts, ranks) = rank(shards, strings);
    let rank_of = |shard: usize, name: NameKey| -> u32 {
        let Some(ranks) = ranks.get(shard) else { return 0 };
        let at = ranks.binary_search_by_key(&name, |r| r.0).ok();
        at.and_then(|at| ranks.get(at)).map_or(0, |r| r.1)
    };
    let mut scopes: Vec<[u32; 3]> = vec![[0, 0, 0]];
    let mut ids: HashMap<[u32; 3], u32> = HashMap::new();
    let mut numbers: Vec<Vec<u32>> = Vec::new();
    for (index, shard) in shards.iter().enumerate() {
        // A scope comes after the one around it.
        let mut own: Vec<u32> = vec![0];
        for RawScope { parent, name, flags } in shard.scopes.iter().skip(1) {
            let parent = own.get(*parent as usize).copied().unwrap_or(0);
            let scope = [parent, rank_of(index, *name), *flags];
            let id = *ids.entry(scope).or_insert_with(|| {
                scopes.push(scope);
                scopes.len() as u32 - 1
            });
            own.push(id);
        }
        numbers.push(own);
    }
    type Row = (u32, u32, u32, u32, u32, u32);
    let mut rows: Vec<Row> = Vec::with_capacity(shards.iter().map(|s| s.entries.len()).sum());
    for (index, (shard, numbers)) in shards.iter().zip(&numbers).enumerate() {
        rows.par_extend(shard.entries.par_iter().map(|e| {
            let scope = numbers.get(e.scope as usize).copied().unwrap_or(0);
            (rank_of(index, e.name), scope, e.info.0, e.twin, e.die.unit.0, e.die.offset)
        }));
    }
    rows.par_sort_unstable();
    rows.dedup_by(|b, a| a.3 != 0 && (a.0, a.1, a.2, a.3) == (b.0, b.1, b.2, b.3));
    let mut arrays = Arrays { scopes, ..Arrays::default() };
    let mut starts = vec![0u32; texts.len() + 1];
    for row in &rows {
        if let Some(count) = starts.get_mut(row.0 as usize + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    arrays.starts = starts;
    // Of one name in the order of the units.
    rows.par_chunk_by_mut(|a, b| a.0 == b.0).for_each(|same| same.sort_unstable_by_key(|r| (r.4, r.5)));
    arrays.entries = rows.into_iter().map(|(_, scope, info, _, unit, offset)| [unit, offset, scope, info]).collect();
    arrays.pool.reserve(texts.iter().map(|t| t.len()).sum());
    for text in texts {
        arrays.pool.extend_from_slice(text);
        arrays.ends.push(arrays.pool.len() as u32);
    }
    arrays
}

/// The keys of a shard with the numbers of their texts, sorted by key.
type Ranks = Vec<(NameKey, u32)>;

/// All texts, sorted and each once, and the number of each shard's keys.
fn rank<'a>(shards: &[Shard<'a>], strings: R<'a>) -> (Vec<&'a [u8]>, Vec<Ranks>) {
    let keys: Vec<Vec<NameKey>> = shards
        .par_iter()
        .map(|shard| {
            let scopes = shard.scopes.iter().skip(1).map(|s| s.name);
            let mut keys: Vec<NameKey> = shard.entries.iter().map(|e| e.name).chain(scopes).collect();
            keys.par_sort_unstable();
            keys.dedup();
            keys
        })
        .collect();
    // (first bytes, text, shard, which key): the first bytes decide most comparisons.
    type Item<'a> = (u64, &'a [u8], u32, u32);
    let mut items: Vec<Item<'a>> = Vec::new();
    for (index, (shard, keys)) in shards.iter().zip(&keys).enumerate() {
        items.par_extend(keys.par_iter().enumerate().map(|(at, key)| {
            let text = shard.text(*key, strings);
            (head(text), text, index as u32, at as u32)
        }));
    }
    items.par_sort_unstable();
    let mut texts: Vec<&'a [u8]> = Vec::new();
    let mut ranks: Vec<Ranks> = keys.into_iter().map(|keys| keys.into_iter().map(|k| (k, 0)).collect()).collect();
    for (_, text, shard, at) in items {
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        if let Some(slot) = ranks.get_mut(shard as usize).and_then(|r| r.get_mut(at as usize)) {
            slot.1 = texts.len() as u32 - 1;
        }
    }
    (texts, ranks)
}

/// The first eight bytes of a text as a number that sorts as they do.
fn head(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(text) {
        *to = *from;
    }
    u64::from_be_bytes(bytes)
}
