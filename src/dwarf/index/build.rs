//! From the units to the sorted arrays: units in parallel, then their names in order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use gimli::Section as _;
use rayon::prelude::*;

use super::pool;
use super::scan::Scan;
use super::shard::{Crossing, Map, NameKey, RawScope, Shard};
use super::table::{Arrays, Table};
use super::texts::pack;
use crate::base::{Error, Result};
use crate::dwarf::info::DebugInfo;
use crate::dwarf::reader::{R, bad};
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
    let names = Names::sort(shards, strings);
    let mut scopes: Vec<[u32; 3]> = vec![[0, 0, 0]];
    let mut ids: Map<[u32; 3], u32> = Map::default();
    let mut numbers: Vec<Vec<u32>> = Vec::new();
    for (index, shard) in shards.iter().enumerate() {
        // A scope comes after the one around it.
        let mut own: Vec<u32> = vec![0];
        for RawScope { parent, name, flags } in shard.scopes.iter().skip(1) {
            let parent = own.get(*parent as usize).copied().unwrap_or(0);
            let scope = [parent, names.rank(index, *name), *flags];
            let id = *ids.entry(scope).or_insert_with(|| {
                scopes.push(scope);
                scopes.len() as u32 - 1
            });
            own.push(id);
        }
        numbers.push(own);
    }
    let mut rows: Vec<Row> = Vec::with_capacity(shards.iter().map(|s| s.entries.len()).sum());
    for (index, (shard, numbers)) in shards.iter().zip(&numbers).enumerate() {
        rows.par_extend(shard.entries.par_iter().map(|e| Row {
            name: names.rank(index, e.name),
            scope: numbers.get(e.scope as usize).copied().unwrap_or(0),
            info: e.info.0,
            twin: e.twin,
            unit: e.die.unit.0,
            offset: e.die.offset,
        }));
    }
    rows.par_sort_unstable();
    rows.dedup_by(|b, a| a.twin != 0 && (a.name, a.scope, a.info, a.twin) == (b.name, b.scope, b.info, b.twin));
    let mut starts = vec![0u32; names.texts.len() + 1];
    for row in &rows {
        if let Some(count) = starts.get_mut(row.name as usize + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let entries = rows.iter().map(|r| [r.unit, r.offset, r.scope, r.info]).collect();
    let (blocks, pool) = pack(&names.texts);
    Arrays { blocks, starts, entries, scopes, pool }
}

/// An entry with the common numbers of its name and scope. The order: by name, then by scope and kind, then as in the file.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    name: u32,
    scope: u32,
    info: u32,
    twin: u32,
    unit: u32,
    offset: u32,
}

/// All texts, sorted and each once, and which keys mean them.
struct Names<'a> {
    texts: Vec<&'a [u8]>,
    /// The keys that mean the same in all shards, with the number of their text.
    common: Map<NameKey, u32>,
    /// The numbers of each shard's own texts.
    own: Vec<Vec<u32>>,
}

impl<'a> Names<'a> {
    fn sort(shards: &[Shard<'a>], strings: R<'a>) -> Names<'a> {
        let mut keys: Vec<NameKey> = Vec::new();
        for shard in shards {
            let scopes = shard.scopes.iter().skip(1).map(|s| s.name);
            keys.extend(shard.entries.iter().map(|e| e.name).chain(scopes).filter(|k| !k.is_own_text()));
        }
        keys.par_sort_unstable();
        keys.dedup();
        let mut own: Vec<Vec<u32>> = shards.iter().map(|s| vec![0; s.texts.len()]).collect();
        // The first bytes decide most comparisons.
        type Item<'a> = (u128, &'a [u8], u32, u32);
        const COMMON: u32 = u32::MAX;
        let Some(any) = shards.first() else { return Names { texts: Vec::new(), common: Map::default(), own } };
        let text = |(at, key): (usize, &NameKey)| {
            let text = any.text(*key, strings);
            (head(text), text, COMMON, at as u32)
        };
        let mut items: Vec<Item<'a>> = keys.par_iter().enumerate().map(text).collect();
        for (index, shard) in shards.iter().enumerate() {
            items.extend(shard.texts.iter().enumerate().map(|(at, text)| (head(text), *text, index as u32, at as u32)));
        }
        items.par_sort_unstable();
        let mut texts: Vec<&'a [u8]> = Vec::with_capacity(items.len());
        let mut common = Map::with_capacity_and_hasher(keys.len(), Default::default());
        for (_, text, shard, at) in items {
            if texts.last() != Some(&text) {
                texts.push(text);
            }
            let number = texts.len() as u32 - 1;
            if shard == COMMON {
                common.extend(keys.get(at as usize).map(|key| (*key, number)));
            } else if let Some(slot) = own.get_mut(shard as usize).and_then(|o| o.get_mut(at as usize)) {
                *slot = number;
            }
        }
        Names { texts, common, own }
    }

    /// The number of a text.
    fn rank(&self, shard: usize, key: NameKey) -> u32 {
        if let Some(text) = key.own_text() {
            return self.own.get(shard).and_then(|o| o.get(text)).copied().unwrap_or(0);
        }
        self.common.get(&key).copied().unwrap_or(0)
    }
}

/// The first bytes of a text as a number that sorts as they do.
fn head(text: &[u8]) -> u128 {
    if let Some(bytes) = text.first_chunk() {
        return u128::from_be_bytes(*bytes);
    }
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(text) {
        *to = *from;
    }
    u128::from_be_bytes(bytes)
}
