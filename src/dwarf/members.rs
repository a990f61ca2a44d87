//! What belongs to a structure: members, bases, methods, template arguments, Rust's variants (DWARF5 §5.7).

use gimli::{AttributeValue, Reader, constants as dw};

use super::entries::is_type_tag;
use super::info::DebugInfo;
use super::reader::R;
use super::types::{Encoding, Parameter, StructKind, TypeShape};
use super::unit::{Die, DieRef, LoadedUnit, Units};
use crate::base::Result;

/// Who may use a member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[allow(missing_docs)]
pub enum Access {
    #[default]
    Public,
    Protected,
    Private,
}

/// Where a member lies in its structure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Offset {
    /// Bytes from its start.
    Bytes(u64),
    /// What a DWARF expression makes of the structure's address: virtual bases.
    Expression(Box<[u8]>),
}

/// What sort of member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MemberKind {
    /// One that each object has.
    Data,
    /// A base class.
    Base {
        /// `virtual`
        is_virtual: bool,
    },
    /// One that the class has once.
    Static(Option<Constant>),
}

/// A constant in the debug information.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Constant {
    /// A number.
    Int(i128),
    /// The bytes of a value.
    Bytes(Box<[u8]>),
    /// A string, without its NUL.
    Text(String),
}

/// A member of a structure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its DIE.
    pub die: DieRef,
    /// Its name; empty for a base or an anonymous member.
    pub name: String,
    /// Its type.
    pub ty: Option<DieRef>,
    /// What it is.
    pub kind: MemberKind,
    /// Where it lies.
    pub offset: Offset,
    /// For a bit-field: the first bit from the byte at `offset`, from the least significant one on, and how many.
    pub bits: Option<(u64, u64)>,
    /// Who may use it.
    pub access: Access,
    /// Made by the compiler, as the pointer to the vtable.
    pub is_artificial: bool,
}

/// A method that a class declares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Method {
    /// Its DIE.
    pub die: DieRef,
    /// Its name.
    pub name: String,
    /// The name of its symbol.
    pub linkage_name: Option<String>,
    /// What it returns; `None` is `void`.
    pub result: Option<DieRef>,
    /// Its parameters, `this` first if it has one.
    pub params: Vec<Parameter>,
    /// `...` follows them.
    pub variadic: bool,
    /// Who may call it.
    pub access: Access,
    /// Made by the compiler.
    pub is_artificial: bool,
    /// `virtual`
    pub is_virtual: bool,
    /// It has no `this`.
    pub is_static: bool,
    /// `= delete`
    pub is_deleted: bool,
    /// `= default`, in the class.
    pub is_defaulted: bool,
    /// Its place in the vtable.
    pub vtable_index: Option<u64>,
}

/// An argument of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateArg {
    /// The name of the parameter.
    pub name: String,
    /// The type that it is, or the type of its value.
    pub ty: Option<DieRef>,
    /// The value; `None` for a type.
    pub value: Option<Constant>,
}

/// One of the shapes that an enumeration of Rust takes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variant {
    /// The discriminants that mean it, as ranges with both ends; empty for the one that all others mean.
    pub discriminants: Vec<(i128, i128)>,
    /// Its members: for Rust one, which is a structure.
    pub members: Vec<Member>,
}

/// DW_TAG_variant_part (DWARF5 §5.7.10).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VariantPart {
    /// The member whose number tells the variant.
    pub discriminant: Option<Member>,
    /// The variants.
    pub variants: Vec<Variant>,
}

/// What belongs to a structure.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Members {
    /// Members and bases in the order of their declaration.
    pub members: Vec<Member>,
    /// Methods.
    pub methods: Vec<Method>,
    /// The arguments of the template that it is made from.
    pub template_args: Vec<TemplateArg>,
    /// Types declared inside, with who may use them.
    pub types: Vec<(DieRef, Access)>,
    /// Rust's enumerations.
    pub variant_part: Option<VariantPart>,
    /// The class that has the pointer to the vtable (DW_AT_containing_type).
    pub vptr_base: Option<DieRef>,
}

impl<'a> Units<'a> {
    pub(super) fn members(&self, die: DieRef) -> gimli::Result<Members> {
        let described = self.type_die(die)?;
        let (unit, entry) = self.entry(described.die)?;
        let private = described.shape == TypeShape::Structure(StructKind::Class);
        let default = if private { Access::Private } else { Access::Public };
        let mut found = Members {
            vptr_base: entry.attr_value(dw::DW_AT_containing_type).and_then(|v| self.reference(unit.id, v)),
            ..Members::default()
        };
        self.children(unit, &entry, &mut |child| {
            match child.tag() {
                dw::DW_TAG_member | dw::DW_TAG_inheritance => found.members.push(self.member(unit, child, default)),
                // A static member of DWARF 5.
                dw::DW_TAG_variable => found.members.push(self.static_member(unit, child, default)),
                dw::DW_TAG_subprogram => found.methods.extend(self.method(unit, child, default)),
                dw::DW_TAG_template_type_parameter | dw::DW_TAG_template_value_parameter => {
                    found.template_args.push(self.template_arg(unit, child));
                }
                dw::DW_TAG_GNU_template_parameter_pack => {
                    let inner = self.children(unit, child, &mut |arg| {
                        found.template_args.push(self.template_arg(unit, arg));
                        true
                    });
                    return inner.is_ok();
                }
                dw::DW_TAG_variant_part => found.variant_part = self.variant_part(unit, child).ok(),
                tag if is_type_tag(tag) => found.types.push((unit.die_ref(child.offset()), access(child, default))),
                _ => {}
            }
            true
        })?;
        Ok(found)
    }

    fn member(&self, unit: &LoadedUnit<'a>, die: &Die<'a>, default: Access) -> Member {
        let is_base = die.tag() == dw::DW_TAG_inheritance;
        // Before DWARF 5 a static member was a declaration among the others.
        if !is_base && (unit.flag(die, dw::DW_AT_external) || unit.flag(die, dw::DW_AT_declaration)) {
            return self.static_member(unit, die, default);
        }
        let is_virtual = unit.number(die, dw::DW_AT_virtuality).is_some_and(|v| v != 0) || virtuality(die);
        let (offset, bits) = self.place(unit, die);
        Member {
            die: unit.die_ref(die.offset()),
            name: unit.string(die, dw::DW_AT_name).unwrap_or_default(),
            ty: self.target_of(unit.id, die),
            kind: if is_base { MemberKind::Base { is_virtual } } else { MemberKind::Data },
            offset,
            bits,
            access: access(die, default),
            is_artificial: unit.flag(die, dw::DW_AT_artificial),
        }
    }

    fn static_member(&self, unit: &LoadedUnit<'a>, die: &Die<'a>, default: Access) -> Member {
        Member {
            die: unit.die_ref(die.offset()),
            name: unit.string(die, dw::DW_AT_name).unwrap_or_default(),
            ty: self.target_of(unit.id, die),
            kind: MemberKind::Static(constant(unit, die)),
            offset: Offset::Bytes(0),
            bits: None,
            access: access(die, default),
            is_artificial: unit.flag(die, dw::DW_AT_artificial),
        }
    }

    /// Where a member lies: its byte and, for a bit-field, its bits.
    fn place(&self, unit: &LoadedUnit<'a>, die: &Die<'a>) -> (Offset, Option<(u64, u64)>) {
        let number = |name| unit.number(die, name).and_then(|n| u64::try_from(n).ok());
        let offset = match die.attr_value(dw::DW_AT_data_member_location) {
            Some(AttributeValue::Exprloc(gimli::Expression(bytes)) | AttributeValue::Block(bytes)) => {
                constant_offset(bytes.slice())
            }
            Some(other) => Offset::Bytes(other.udata_value().unwrap_or(0)),
            None => Offset::Bytes(0),
        };
        let Some(len) = number(dw::DW_AT_bit_size) else { return (offset, None) };
        if let Some(start) = number(dw::DW_AT_data_bit_offset) {
            let base = if let Offset::Bytes(n) = offset { n } else { 0 };
            return (Offset::Bytes(base.saturating_add(start / 8)), Some((start % 8, len)));
        }
        // DWARF 2 and 3 count from the most significant bit of the storage unit.
        let Some(from_top) = unit.number(die, dw::DW_AT_bit_offset) else { return (offset, Some((0, len))) };
        let storage = number(dw::DW_AT_byte_size).or_else(|| self.size_of(self.target_of(unit.id, die)?)).unwrap_or(4);
        let start = i128::from(storage) * 8 - from_top - i128::from(len);
        let base = if let Offset::Bytes(n) = offset { i128::from(n) } else { 0 };
        let bytes = u64::try_from(base + start.div_euclid(8)).unwrap_or(0);
        (Offset::Bytes(bytes), Some((start.rem_euclid(8) as u64, len)))
    }

    /// The size of a type, through typedefs and qualifiers.
    fn size_of(&self, mut die: DieRef) -> Option<u64> {
        for _ in 0..64 {
            let described = self.type_die(die).ok()?;
            match described.size {
                Some(size) => return Some(size),
                None => die = described.target?,
            }
        }
        None
    }

    fn method(&self, unit: &LoadedUnit<'a>, die: &Die<'a>, default: Access) -> Option<Method> {
        let name = unit.string(die, dw::DW_AT_name)?;
        let (params, variadic) = self.parameters(unit, die).ok()?;
        let is_static = die.attr_value(dw::DW_AT_object_pointer).is_none() && !params.first().is_some_and(|p| p.is_artificial);
        let vtable_index = match die.attr_value(dw::DW_AT_vtable_elem_location) {
            Some(AttributeValue::Exprloc(gimli::Expression(bytes))) => match constant_offset(bytes.slice()) {
                Offset::Bytes(n) => Some(n),
                Offset::Expression(_) => None,
            },
            Some(other) => other.udata_value(),
            None => None,
        };
        Some(Method {
            die: unit.die_ref(die.offset()),
            name,
            linkage_name: unit.string(die, dw::DW_AT_linkage_name).or_else(|| unit.string(die, dw::DW_AT_MIPS_linkage_name)),
            result: self.target_of(unit.id, die),
            params,
            variadic,
            access: access(die, default),
            is_artificial: unit.flag(die, dw::DW_AT_artificial),
            // *Folklore*: of a destructor gcc says that it is virtual and not where in the vtable: gdb does not take it for one.
            is_virtual: virtuality(die) && vtable_index.is_some(),
            is_static,
            is_deleted: unit.flag(die, dw::DW_AT_deleted),
            is_defaulted: matches!(die.attr_value(dw::DW_AT_defaulted), Some(v) if v.udata_value() == Some(1)),
            vtable_index,
        })
    }

    fn template_arg(&self, unit: &LoadedUnit<'a>, die: &Die<'a>) -> TemplateArg {
        let is_value = die.tag() == dw::DW_TAG_template_value_parameter;
        TemplateArg {
            name: unit.string(die, dw::DW_AT_name).unwrap_or_default(),
            ty: self.target_of(unit.id, die),
            value: constant(unit, die).filter(|_| is_value),
        }
    }

    fn variant_part(&self, unit: &LoadedUnit<'a>, die: &Die<'a>) -> gimli::Result<VariantPart> {
        let wanted = die.attr_value(dw::DW_AT_discr).and_then(|v| self.reference(unit.id, v));
        let (mut discriminant, mut variants): (Option<Member>, _) = (None, Vec::new());
        let mut is_signed = false;
        let mut outcome = Ok(());
        self.children(unit, die, &mut |child| {
            match child.tag() {
                dw::DW_TAG_member if Some(unit.die_ref(child.offset())) == wanted => {
                    let tag = self.member(unit, child, Access::Public);
                    let shape = tag.ty.and_then(|ty| self.type_die(ty).ok()).map(|ty| ty.shape);
                    is_signed = matches!(shape, Some(TypeShape::Base(Encoding::Signed | Encoding::SignedChar)));
                    discriminant = Some(tag);
                }
                dw::DW_TAG_variant => {
                    let mut members = Vec::new();
                    outcome = self.children(unit, child, &mut |member| {
                        if member.tag() == dw::DW_TAG_member {
                            members.push(self.member(unit, member, Access::Public));
                        }
                        true
                    });
                    variants.push(Variant { discriminants: discriminants(unit, child, is_signed), members });
                }
                _ => {}
            }
            outcome.is_ok()
        })?;
        outcome?;
        Ok(VariantPart { discriminant, variants })
    }
}

/// *Folklore*: LLVM writes the discriminant -1 of an `i64` as DW_FORM_data1 255: of a signed tag the form's own bits say the sign.
fn discriminants<'a>(unit: &LoadedUnit<'a>, die: &Die<'a>, is_signed: bool) -> Vec<(i128, i128)> {
    let extended = match die.attr_value(dw::DW_AT_discr_value) {
        Some(AttributeValue::Data1(n)) if is_signed => Some(i128::from(n as i8)),
        Some(AttributeValue::Data2(n)) if is_signed => Some(i128::from(n as i16)),
        Some(AttributeValue::Data4(n)) if is_signed => Some(i128::from(n as i32)),
        Some(AttributeValue::Data8(n)) if is_signed => Some(i128::from(n as i64)),
        _ => None,
    };
    if let Some(n) = extended {
        return vec![(n, n)];
    }
    if let Some(n) = unit.number(die, dw::DW_AT_discr_value) {
        return vec![(n, n)];
    }
    let Some(AttributeValue::Block(list)) = die.attr_value(dw::DW_AT_discr_list) else { return Vec::new() };
    let (mut list, mut found): (R<'a>, _) = (list, Vec::new());
    while let Ok(kind) = list.read_u8() {
        let mut number = || list.read_uleb128().ok().map(i128::from);
        let pair = match kind {
            0 => number().map(|n| (n, n)),
            _ => number().and_then(|low| Some((low, number()?))),
        };
        match pair {
            Some(pair) => found.push(pair),
            None => break,
        }
    }
    found
}

fn access(die: &Die<'_>, default: Access) -> Access {
    match die.attr_value(dw::DW_AT_accessibility) {
        Some(AttributeValue::Accessibility(dw::DW_ACCESS_private)) => Access::Private,
        Some(AttributeValue::Accessibility(dw::DW_ACCESS_protected)) => Access::Protected,
        Some(AttributeValue::Accessibility(_)) => Access::Public,
        _ => default,
    }
}

fn virtuality(die: &Die<'_>) -> bool {
    matches!(die.attr_value(dw::DW_AT_virtuality), Some(AttributeValue::Virtuality(v)) if v != dw::DW_VIRTUALITY_none)
}

/// DW_AT_const_value of a DIE.
pub(super) fn constant<'a>(unit: &LoadedUnit<'a>, die: &Die<'a>) -> Option<Constant> {
    let value = die.attr_value(dw::DW_AT_const_value)?;
    Some(match value {
        AttributeValue::Block(bytes) => Constant::Bytes(bytes.slice().into()),
        AttributeValue::String(_) | AttributeValue::DebugStrRef(_) | AttributeValue::DebugStrOffsetsIndex(_) => {
            Constant::Text(unit.text(value)?.to_string_lossy().into_owned())
        }
        _ => Constant::Int(unit.number(die, dw::DW_AT_const_value)?),
    })
}

/// The offset that a simple expression means: DW_OP_plus_uconst N, DW_OP_constu N DW_OP_plus, DW_OP_constu N.
fn constant_offset(bytes: &[u8]) -> Offset {
    let other = || Offset::Expression(bytes.into());
    let mut rest = gimli::EndianSlice::new(bytes, gimli::LittleEndian);
    let Ok(op) = rest.read_u8() else { return Offset::Bytes(0) };
    let number = match gimli::DwOp(op) {
        dw::DW_OP_plus_uconst | dw::DW_OP_constu => rest.read_uleb128().ok(),
        dw::DW_OP_const1u => rest.read_u8().ok().map(u64::from),
        dw::DW_OP_const2u => rest.read_u16().ok().map(u64::from),
        gimli::DwOp(lit @ 0x30..=0x4f) => Some(u64::from(lit - dw::DW_OP_lit0.0)),
        _ => None,
    };
    let ends = match rest.slice() {
        [] => true,
        [op] => *op == dw::DW_OP_plus.0,
        _ => false,
    };
    number.filter(|_| ends).map_or_else(other, Offset::Bytes)
}

impl DebugInfo {
    /// What belongs to the structure of this DIE.
    pub fn members(&self, die: DieRef) -> Result<Members> {
        self.with(|units| units.members(die)).map_err(|e| self.damaged(die.unit, e))
    }

    /// DW_AT_const_value of a DIE or of what it completes.
    pub fn constant(&self, die: DieRef) -> Option<Constant> {
        self.with(|units| {
            let (unit, entry) = units.entry(die).ok()?;
            constant(unit, &entry).or_else(|| {
                let origin = entry.attr_value(dw::DW_AT_abstract_origin).or_else(|| entry.attr_value(dw::DW_AT_specification))?;
                let (unit, entry) = units.entry(units.reference(unit.id, origin)?).ok()?;
                constant(unit, &entry)
            })
        })
    }
}
