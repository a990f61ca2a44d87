//! The names of a unit, read entry by entry. Bodies of functions are passed over.

use gimli::{Abbreviation, AttributeValue, DebugStrOffset, DwAt, EntriesRaw, UnitOffset, constants as dw};

use super::entry::Kind;
use super::shard::{Crossing, Info, NameKey, ROOT, RawEntry, RawScope, Shard, scope_flag};
use crate::dwarf::reader::R;
use crate::dwarf::unit::{DieRef, LoadedUnit, Units};

/// Scopes inside one another, at most: a bound for damaged information.
const MAX_DEPTH: usize = 256;

/// How often one entry may refer to another for its name.
const MAX_HOPS: usize = 8;

/// A scope that is open where the scan stands.
struct Open {
    depth: isize,
    name: NameKey,
    flags: u32,
    /// Its number, once something in it was found.
    id: Option<u32>,
}

/// An entry that others may take their name from, by DW_AT_specification or DW_AT_abstract_origin.
#[derive(Clone, Copy)]
pub(super) struct Named {
    offset: u32,
    name: NameKey,
    scope: u32,
}

/// An entry that takes its name from one of the same unit.
struct Pending {
    to: u32,
    die: DieRef,
    info: Info,
    /// Whether the index holds it; others only send on.
    is_kept: bool,
}

/// The attributes of an entry that the index looks at.
#[derive(Default)]
struct Attributes<'a> {
    name: Option<AttributeValue<R<'a>>>,
    origin: Option<AttributeValue<R<'a>>>,
    signature: Option<AttributeValue<R<'a>>>,
    sibling: Option<UnitOffset>,
    is_declaration: bool,
    is_external: bool,
    is_inline: bool,
    is_enum_class: bool,
    is_exported: bool,
    has_code: bool,
    is_discarded: bool,
    file: u64,
    line: u64,
    size: u64,
}

/// A scan of one unit.
pub(super) struct Scan<'s, 'u, 'a> {
    units: &'u Units<'a>,
    unit: &'u LoadedUnit<'a>,
    shard: &'s mut Shard<'a>,
    /// Whether its .debug_str is that of the module's file.
    is_main_file: bool,
    /// The number of the file that was compiled, in the numbering of DW_AT_decl_file; what is declared there is no other unit's.
    own_file: Option<u64>,
    open: Vec<Open>,
    named: Vec<Named>,
    pending: Vec<Pending>,
    only_named: bool,
}

impl<'s, 'u, 'a> Scan<'s, 'u, 'a> {
    /// A scan that adds to a shard.
    pub fn new(units: &'u Units<'a>, unit: &'u LoadedUnit<'a>, shard: &'s mut Shard<'a>) -> Scan<'s, 'u, 'a> {
        let is_main_file = units.dwarf().is_some_and(|d| std::sync::Arc::ptr_eq(d, &unit.dwarf));
        let own_file = own_file(unit);
        Scan {
            units,
            unit,
            shard,
            is_main_file,
            own_file,
            open: Vec::new(),
            named: Vec::new(),
            pending: Vec::new(),
            only_named: false,
        }
    }

    /// Adds the unit's names to the shard: up to where it is damaged.
    pub fn names(mut self) -> gimli::Result<()> {
        let walked = self.walk();
        for pending in self.pending.iter().filter(|p| p.is_kept) {
            let Some(target) = self.named_at(pending.to) else { continue };
            self.shard.add(RawEntry { name: target.name, scope: target.scope, info: pending.info, die: pending.die, twin: 0 });
        }
        walked
    }

    /// Adds the entries of other units that take their names from this one; those that are only sent on come back.
    pub fn complete(mut self, crossings: &[Crossing]) -> Vec<Crossing> {
        self.only_named = true;
        let first = self.shard.crossings.len();
        let _ = self.walk();
        // What refers onwards from here.
        let onwards = self.shard.crossings.split_off(first.min(self.shard.crossings.len()));
        let mut left = Vec::new();
        for crossing in crossings {
            let (die, info) = (crossing.die, crossing.info);
            if let Some(target) = self.named_at(crossing.to.offset) {
                self.shard.add(RawEntry { name: target.name, scope: target.scope, info, die, twin: 0 });
            } else if let Some(next) = onwards.iter().find(|c| c.die == crossing.to) {
                left.push(Crossing { to: next.to, die, info });
            }
        }
        left
    }

    /// The entry at an offset that has a name, perhaps by way of another one.
    fn named_at(&self, mut offset: u32) -> Option<Named> {
        for _ in 0..MAX_HOPS {
            if let Ok(at) = self.named.binary_search_by_key(&offset, |n| n.offset) {
                return self.named.get(at).copied();
            }
            let at = self.pending.binary_search_by_key(&offset, |p| p.die.offset).ok()?;
            offset = self.pending.get(at)?.to;
        }
        None
    }

    fn walk(&mut self) -> gimli::Result<()> {
        let mut entries = self.unit.unit.entries_raw(None)?;
        // After a jump the reader counts depths from 0 again.
        let mut base = 0;
        let mut skip_below = isize::MAX;
        // The enumeration around, if any, and what tells it from others.
        let mut enumeration: Option<(isize, u32)> = None;
        while !entries.is_empty() {
            let offset = entries.next_offset();
            let depth = base + entries.next_depth();
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            if depth > skip_below {
                entries.skip_attributes(abbreviation.attributes())?;
                continue;
            }
            skip_below = isize::MAX;
            let tag = abbreviation.tag();
            // Version 4 has static variables of classes as members that are declarations.
            let is_static = || abbreviation.attributes().iter().any(|a| a.name() == dw::DW_AT_declaration);
            let kind = Kind::of(tag).or((tag == dw::DW_TAG_member && is_static()).then_some(Kind::Variable));
            let is_root = depth == 0;
            if kind.is_none() && (is_root || !abbreviation.has_children()) {
                entries.skip_attributes(abbreviation.attributes())?;
                continue;
            }
            let found = self.attributes(&mut entries, abbreviation)?;
            while self.open.last().is_some_and(|o| o.depth >= depth) {
                self.open.pop();
            }
            if enumeration.is_some_and(|(d, _)| d >= depth) {
                enumeration = None;
            }
            let opens = match kind {
                Some(kind) => {
                    let name = found.name.and_then(|v| self.name(v));
                    let twin = match (kind, enumeration) {
                        (Kind::Enumerator, Some((_, twin))) => twin,
                        _ => self.twin(kind, &found),
                    };
                    self.entry(kind, name, &found, offset, twin);
                    if kind == Kind::Enumeration {
                        enumeration = Some((depth, twin));
                    }
                    self.opens(kind, name, &found, depth)
                }
                None => false,
            };
            if abbreviation.has_children() && !opens {
                match found.sibling.filter(|s| s.0 > entries.next_offset().0) {
                    Some(sibling) => {
                        entries = self.unit.unit.entries_raw(Some(sibling))?;
                        base = depth;
                    }
                    None => skip_below = depth,
                }
            }
        }
        Ok(())
    }

    fn attributes(&self, entries: &mut EntriesRaw<'u, R<'a>>, abbreviation: &Abbreviation) -> gimli::Result<Attributes<'a>> {
        let mut found = Attributes::default();
        let specs = abbreviation.attributes();
        let mut skipped = 0;
        for (index, spec) in specs.iter().enumerate() {
            if !is_read(spec.name()) {
                continue;
            }
            entries.skip_attributes(specs.get(skipped..index).unwrap_or_default())?;
            skipped = index + 1;
            let attribute = entries.read_attribute_inline(*spec)?;
            let is_set = || !matches!(attribute.raw_value(), AttributeValue::Flag(false));
            match spec.name() {
                dw::DW_AT_name => found.name = Some(attribute.raw_value()),
                dw::DW_AT_specification => found.origin = Some(attribute.raw_value()),
                // Calls that were inlined may refer to a clone of the abstract instance.
                dw::DW_AT_abstract_origin => (found.origin, found.is_inline) = (Some(attribute.raw_value()), true),
                dw::DW_AT_signature => found.signature = Some(attribute.raw_value()),
                dw::DW_AT_sibling => {
                    found.sibling = if let AttributeValue::UnitRef(o) = attribute.raw_value() { Some(o) } else { None }
                }
                dw::DW_AT_declaration => found.is_declaration = is_set(),
                dw::DW_AT_external => found.is_external = is_set(),
                dw::DW_AT_enum_class => found.is_enum_class = is_set(),
                dw::DW_AT_export_symbols => found.is_exported = is_set(),
                // *folklore*: g++ calls constructors "declared and not inlined" (2) and inlines them (DWARF5 §3.3.8.1).
                dw::DW_AT_inline => found.is_inline = true,
                dw::DW_AT_ranges => found.has_code = true,
                dw::DW_AT_low_pc => {
                    found.has_code = true;
                    // What the linker has thrown away is left at address 0 or 1.
                    found.is_discarded = matches!(attribute.raw_value(), AttributeValue::Addr(0 | 1));
                }
                dw::DW_AT_decl_file => found.file = attribute.udata_value().unwrap_or(0),
                dw::DW_AT_decl_line => found.line = attribute.udata_value().unwrap_or(0),
                dw::DW_AT_byte_size => found.size = attribute.udata_value().unwrap_or(0),
                _ => {}
            }
        }
        entries.skip_attributes(specs.get(skipped..).unwrap_or_default())?;
        Ok(found)
    }

    fn name(&mut self, value: AttributeValue<R<'a>>) -> Option<NameKey> {
        match value {
            AttributeValue::DebugStrRef(DebugStrOffset(offset)) if self.is_main_file => return Some(NameKey(offset as u64)),
            AttributeValue::DebugStrOffsetsIndex(index) if self.is_main_file => {
                return Some(NameKey(self.unit.dwarf.string_offset(&self.unit.unit, index).ok()?.0 as u64));
            }
            _ => {}
        }
        Some(self.shard.text_key(self.unit.text(value)?.slice()))
    }

    /// What tells a type from others of its name: size and line of its declaration, and the unit if it is declared in the file that
    /// was compiled and not in a header. 0 for what is always an entry of its own.
    fn twin(&self, kind: Kind, found: &Attributes<'a>) -> u32 {
        let has_twins = match kind {
            Kind::Function | Kind::Base => false,
            Kind::Variable => found.is_declaration,
            _ => true,
        };
        if !has_twins {
            return 0;
        }
        let is_own = self.own_file.is_some_and(|f| f == found.file) && kind != Kind::Namespace;
        let unit = if is_own { u64::from(self.unit.id.0) + 1 } else { 0 };
        let line = if kind == Kind::Namespace { 0 } else { found.line };
        let mixed = (found.size ^ line << 24 ^ unit << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as u32 | 1
    }

    /// Adds the entry itself.
    fn entry(&mut self, kind: Kind, name: Option<NameKey>, found: &Attributes<'a>, offset: UnitOffset, twin: u32) {
        let is_function = kind == Kind::Function;
        let Ok(at) = u32::try_from(offset.0) else { return };
        let die = DieRef { unit: self.unit.id, offset: at };
        let can_be_named = matches!(kind, Kind::Function | Kind::Variable) && self.open.len() < MAX_DEPTH;
        let flag = |is: bool, flag: u32| if is { flag } else { 0 };
        let is_inlined = is_function && found.is_inline && !found.has_code;
        let flags = flag(found.is_declaration, Info::DECLARATION)
            | flag(found.is_external, Info::EXTERNAL)
            | flag(is_inlined, Info::INLINED);
        let info = Info::new(kind, flags, self.unit.language);
        let is_kept = match kind {
            Kind::Function => is_inlined || found.has_code && !found.is_discarded,
            // Static members are declared in their class and found by their definition.
            Kind::Variable => !found.is_declaration || self.open.last().is_none_or(|o| o.flags & scope_flag::NAMESPACE != 0),
            _ => true,
        };
        match (name, &found.origin) {
            (Some(name), _) => {
                if !is_kept && !can_be_named {
                    return;
                }
                let scope = self.scope();
                if can_be_named {
                    self.named.push(Named { offset: at, name, scope });
                }
                if is_kept && !self.only_named {
                    self.shard.add(RawEntry { name, scope, info, die, twin });
                }
            }
            (None, Some(origin)) if can_be_named => match self.units.reference(self.unit.id, *origin) {
                Some(to) if to.unit == self.unit.id => self.pending.push(Pending { to: to.offset, die, info, is_kept }),
                Some(to) if is_kept || self.only_named => self.shard.crossings.push(Crossing { to, die, info }),
                _ => {}
            },
            _ => {}
        }
    }

    /// Whether the index looks into an entry; opens the scope that it is.
    fn opens(&mut self, kind: Kind, name: Option<NameKey>, found: &Attributes<'a>, depth: isize) -> bool {
        let flags = match kind {
            Kind::Namespace => {
                let is_transparent = name.is_none() || found.is_exported;
                scope_flag::NAMESPACE | if is_transparent { scope_flag::TRANSPARENT } else { 0 }
            }
            Kind::Structure | Kind::Class | Kind::Union => 0,
            // The constants of others belong to what is around.
            Kind::Enumeration if !found.is_enum_class => return true,
            Kind::Enumeration => 0,
            _ => return false,
        };
        if self.open.len() >= MAX_DEPTH {
            return false;
        }
        // One that stands for the definition in a type unit may have its name only there.
        let of_type_unit = || {
            let definition = self.units.reference(self.unit.id, found.signature?)?;
            let (unit, die) = self.units.entry(definition).ok()?;
            Some(unit.text(die.attr_value(dw::DW_AT_name)?)?.slice())
        };
        let name = name.unwrap_or_else(|| self.shard.text_key(of_type_unit().unwrap_or_else(|| unnamed(kind))));
        self.open.push(Open { depth, name, flags, id: None });
        true
    }

    /// The number of the innermost open scope.
    fn scope(&mut self) -> u32 {
        let mut parent = ROOT;
        for open in &mut self.open {
            let id = match open.id {
                Some(id) => id,
                None => self.shard.scope_id(RawScope { parent, name: open.name, flags: open.flags }),
            };
            open.id = Some(id);
            parent = id;
        }
        parent
    }
}

fn is_read(name: DwAt) -> bool {
    matches!(
        name,
        dw::DW_AT_name
            | dw::DW_AT_specification
            | dw::DW_AT_abstract_origin
            | dw::DW_AT_sibling
            | dw::DW_AT_signature
            | dw::DW_AT_declaration
            | dw::DW_AT_external
            | dw::DW_AT_enum_class
            | dw::DW_AT_export_symbols
            | dw::DW_AT_inline
            | dw::DW_AT_ranges
            | dw::DW_AT_low_pc
            | dw::DW_AT_decl_file
            | dw::DW_AT_decl_line
            | dw::DW_AT_byte_size
    )
}

/// How a scope without a name is called, as [`Functions`](crate::dwarf::Functions) does.
fn unnamed(kind: Kind) -> &'static [u8] {
    match kind {
        Kind::Namespace => b"(anonymous namespace)",
        Kind::Union => b"{union}",
        Kind::Class => b"{class}",
        Kind::Enumeration => b"{enum}",
        _ => b"{struct}",
    }
}

/// The number that DW_AT_decl_file has for the file that was compiled.
fn own_file(unit: &LoadedUnit<'_>) -> Option<u64> {
    let header = unit.unit.line_program.as_ref()?.header();
    let own = base_name(unit.unit.name.as_ref()?.slice());
    let is_own = |value| unit.text(value).is_some_and(|name| base_name(name.slice()) == own);
    let first = if header.version() >= 5 { 0 } else { 1 };
    // File 0 of version 5 is repeated as file 1 by gcc, which then uses that.
    let all = header.file_names();
    let at = all.iter().enumerate().skip(1 - first).find(|(_, f)| is_own(f.path_name()));
    let at = at.or_else(|| all.iter().enumerate().find(|(_, f)| is_own(f.path_name())))?;
    Some(at.0 as u64 + first as u64)
}

fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|b| *b == b'/').next().unwrap_or_default()
}
