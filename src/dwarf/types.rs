//! What a DIE says about a type (DWARF5 ch. 5): one level deep, other types by reference.

use gimli::{AttributeValue, DwTag, constants as dw};

use super::entries::is_type_tag;
use super::info::DebugInfo;
use super::reader::R;
use super::unit::{Die, DieRef, LoadedUnit, UnitId, Units};
use crate::base::Result;

/// How the bits of a base type are meant (DW_AT_encoding, DWARF5 §7.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Encoding {
    Boolean,
    Signed,
    Unsigned,
    SignedChar,
    UnsignedChar,
    /// char8_t, char16_t, char32_t and Rust's char.
    Utf,
    Float,
    ComplexFloat,
    ImaginaryFloat,
    DecimalFloat,
    Address,
    Other,
}

/// How a structure was declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum StructKind {
    Struct,
    Class,
    Union,
}

/// What is only known while the program runs, as the length of `int a[n]`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Dynamic {
    /// A DWARF expression, with the unit in whose terms it is meant.
    Expression(UnitId, Box<[u8]>),
    /// The value of the variable of this DIE.
    Variable(DieRef),
}

/// A bound or a length.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Bound {
    /// A number.
    Known(i128),
    /// Known while the program runs.
    Dynamic(Dynamic),
}

/// One dimension of an array.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dimension {
    /// The index of the first element.
    pub lower: i64,
    /// The index of the last element (DW_AT_upper_bound).
    pub upper: Option<Bound>,
    /// The number of elements (DW_AT_count), which is said instead of `upper`.
    pub count: Option<Bound>,
}

/// A parameter of a function type or of a method.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name; empty if it has none.
    pub name: String,
    /// Its type; `None` is `void`.
    pub ty: Option<DieRef>,
    /// Made by the compiler, as `this`.
    pub is_artificial: bool,
}

/// A name of an enumeration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnumName {
    /// The name.
    pub name: String,
    /// Its number.
    pub value: i128,
}

/// What sort of type, with what belongs to the sort.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TypeShape {
    /// A base type.
    Base(Encoding),
    /// DW_TAG_unspecified_type: `decltype(nullptr)`, Rust's `!`.
    Unspecified,
    /// A pointer to the target.
    Pointer,
    /// A reference to the target; `true` for `&&`.
    Reference(bool),
    /// A pointer to a member of type target in a class.
    MemberPointer(Option<DieRef>),
    /// An array of the target.
    Array {
        /// Its dimensions, the outermost first.
        dimensions: Vec<Dimension>,
        /// A SIMD vector (DW_AT_GNU_vector).
        vector: bool,
    },
    /// A function that returns the target.
    Function {
        /// Its parameters.
        params: Vec<Parameter>,
        /// `...` follows them.
        variadic: bool,
        /// The parameters are declared.
        prototyped: bool,
    },
    /// A structure, whose members [`DebugInfo::members`] tells.
    Structure(StructKind),
    /// An enumeration over the target.
    Enumeration {
        /// `enum class`
        class: bool,
        /// Its names.
        names: Vec<EnumName>,
    },
    /// Another name of the target.
    Typedef,
    /// The target, `const`.
    Const,
    /// The target, `volatile`.
    Volatile,
    /// The target, `restrict`.
    Restrict,
    /// The target, `_Atomic`.
    Atomic,
    /// A range of the target's numbers.
    Subrange,
    /// Something else, by its tag's number.
    Other(u16),
}

/// What a DIE says about a type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeDie {
    /// The DIE; what a type unit's signature stood for is resolved.
    pub die: DieRef,
    /// What it is.
    pub shape: TypeShape,
    /// Its own name, without what encloses it.
    pub name: Option<String>,
    /// Its size in bytes, where it is said.
    pub size: Option<u64>,
    /// Its size in bits, where that is said and not a whole number of bytes.
    pub bit_size: Option<u64>,
    /// The type that it is made of; `None` is `void`.
    pub target: Option<DieRef>,
    /// It is declared here and defined elsewhere.
    pub is_declaration: bool,
    /// Bytes to which it is aligned beyond its nature (DW_AT_alignment).
    pub alignment: Option<u64>,
    /// DW_AT_byte_stride or DW_AT_bit_stride of an array, in bits.
    pub bit_stride: Option<u64>,
}

/// Parameters, enumerators, dimensions or members of one type, at most: a bound for damaged information.
pub(super) const MAX_CHILDREN: usize = 200_000;

impl<'a> LoadedUnit<'a> {
    fn size_attr(&self, die: &Die<'a>, name: gimli::DwAt) -> Option<u64> {
        u64::try_from(self.number(die, name)?).ok()
    }
}

impl<'a> Units<'a> {
    /// The type that a DIE's DW_AT_type names.
    pub(super) fn target_of(&self, unit: UnitId, die: &Die<'a>) -> Option<DieRef> {
        self.reference(unit, die.attr_value(dw::DW_AT_type)?)
    }

    /// Follows DW_AT_signature of a declaration to the type unit that has the definition.
    fn through_signature(&self, die: DieRef) -> gimli::Result<DieRef> {
        let (unit, entry) = self.entry(die)?;
        let signature = entry.attr_value(dw::DW_AT_signature).and_then(|v| self.reference(unit.id, v));
        Ok(signature.unwrap_or(die))
    }

    pub(super) fn type_die(&self, die: DieRef) -> gimli::Result<TypeDie> {
        let die = self.through_signature(die)?;
        let (unit, entry) = self.entry(die)?;
        let shape = self.shape(unit, &entry)?;
        Ok(TypeDie {
            die,
            shape,
            name: unit.string(&entry, dw::DW_AT_name),
            size: unit.size_attr(&entry, dw::DW_AT_byte_size),
            bit_size: unit.size_attr(&entry, dw::DW_AT_bit_size),
            target: self.target_of(unit.id, &entry),
            is_declaration: unit.flag(&entry, dw::DW_AT_declaration),
            alignment: unit.size_attr(&entry, dw::DW_AT_alignment),
            bit_stride: unit
                .size_attr(&entry, dw::DW_AT_bit_stride)
                .or_else(|| unit.size_attr(&entry, dw::DW_AT_byte_stride)?.checked_mul(8)),
        })
    }

    fn shape(&self, unit: &LoadedUnit<'a>, die: &Die<'a>) -> gimli::Result<TypeShape> {
        Ok(match die.tag() {
            dw::DW_TAG_base_type => TypeShape::Base(encoding(die)),
            dw::DW_TAG_unspecified_type => TypeShape::Unspecified,
            dw::DW_TAG_pointer_type => TypeShape::Pointer,
            dw::DW_TAG_reference_type => TypeShape::Reference(false),
            dw::DW_TAG_rvalue_reference_type => TypeShape::Reference(true),
            dw::DW_TAG_ptr_to_member_type => {
                let class = die.attr_value(dw::DW_AT_containing_type).and_then(|v| self.reference(unit.id, v));
                TypeShape::MemberPointer(class)
            }
            dw::DW_TAG_array_type => {
                let mut dimensions = Vec::new();
                self.children(unit, die, &mut |child| {
                    match child.tag() {
                        dw::DW_TAG_subrange_type | dw::DW_TAG_generic_subrange => dimensions.push(self.dimension(unit, child)),
                        dw::DW_TAG_enumeration_type => dimensions.push(Dimension::default()),
                        _ => {}
                    }
                    true
                })?;
                TypeShape::Array { dimensions, vector: unit.flag(die, dw::DW_AT_GNU_vector) }
            }
            dw::DW_TAG_subroutine_type | dw::DW_TAG_subprogram => {
                let (params, variadic) = self.parameters(unit, die)?;
                // C++ and Rust have no functions without declared parameters.
                let is_c = matches!(unit.language, 0x1 | 0x2 | 0xc | 0x1d | 0x2c);
                let prototyped = unit.flag(die, dw::DW_AT_prototyped) || !is_c;
                TypeShape::Function { params, variadic, prototyped }
            }
            dw::DW_TAG_structure_type | dw::DW_TAG_interface_type => TypeShape::Structure(StructKind::Struct),
            dw::DW_TAG_class_type => TypeShape::Structure(StructKind::Class),
            dw::DW_TAG_union_type => TypeShape::Structure(StructKind::Union),
            dw::DW_TAG_enumeration_type => {
                let mut names = Vec::new();
                self.children(unit, die, &mut |child| {
                    if child.tag() == dw::DW_TAG_enumerator
                        && let Some(name) = unit.string(child, dw::DW_AT_name)
                    {
                        names.push(EnumName { name, value: unit.number(child, dw::DW_AT_const_value).unwrap_or(0) });
                    }
                    true
                })?;
                TypeShape::Enumeration { class: unit.flag(die, dw::DW_AT_enum_class), names }
            }
            dw::DW_TAG_typedef | dw::DW_TAG_template_alias => TypeShape::Typedef,
            dw::DW_TAG_const_type | dw::DW_TAG_immutable_type => TypeShape::Const,
            dw::DW_TAG_volatile_type => TypeShape::Volatile,
            dw::DW_TAG_restrict_type => TypeShape::Restrict,
            dw::DW_TAG_atomic_type => TypeShape::Atomic,
            dw::DW_TAG_subrange_type => TypeShape::Subrange,
            DwTag(tag) => TypeShape::Other(tag),
        })
    }

    /// Calls `f` with each direct child until it says `false`.
    pub(super) fn children(
        &self,
        unit: &LoadedUnit<'a>,
        die: &Die<'a>,
        f: &mut dyn FnMut(&Die<'a>) -> bool,
    ) -> gimli::Result<()> {
        let mut cursor = unit.unit.entries_at_offset(die.offset())?;
        cursor.next_entry()?;
        let depth = cursor.depth();
        if !cursor.current().is_some_and(|d| d.has_children()) || !cursor.next_entry()? {
            return Ok(());
        }
        for _ in 0..MAX_CHILDREN {
            // The null entry that ends the children is no entry.
            let Some(child) = cursor.current().filter(|_| cursor.depth() == depth + 1) else { break };
            if !f(child) || cursor.next_sibling()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn dimension(&self, unit: &LoadedUnit<'a>, die: &Die<'a>) -> Dimension {
        let lower = match self.bound(unit, die, dw::DW_AT_lower_bound) {
            Some(Bound::Known(n)) => i64::try_from(n).unwrap_or(0),
            _ => 0,
        };
        let upper = self.bound(unit, die, dw::DW_AT_upper_bound);
        Dimension { lower, upper, count: self.bound(unit, die, dw::DW_AT_count) }
    }

    fn bound(&self, unit: &LoadedUnit<'a>, die: &Die<'a>, name: gimli::DwAt) -> Option<Bound> {
        let value = die.attr_value(name)?;
        Some(match value {
            AttributeValue::Exprloc(gimli::Expression(bytes)) => {
                Bound::Dynamic(Dynamic::Expression(unit.id, bytes.slice().into()))
            }
            AttributeValue::Block(bytes) => Bound::Dynamic(Dynamic::Expression(unit.id, bytes.slice().into())),
            AttributeValue::UnitRef(_) | AttributeValue::DebugInfoRef(_) => {
                Bound::Dynamic(Dynamic::Variable(self.reference(unit.id, value)?))
            }
            // *Folklore*: gcc 4 wrote the upper bound of `int a[0]` as an unsigned -1.
            AttributeValue::Data4(n) if name == dw::DW_AT_upper_bound && n == u32::MAX => Bound::Known(-1),
            AttributeValue::Data8(n) if name == dw::DW_AT_upper_bound => Bound::Known((n as i64).into()),
            _ => Bound::Known(unit.number(die, name)?),
        })
    }

    /// The parameters of a function, and whether more may follow them.
    pub(super) fn parameters(&self, unit: &LoadedUnit<'a>, die: &Die<'a>) -> gimli::Result<(Vec<Parameter>, bool)> {
        let (mut params, mut variadic) = (Vec::new(), false);
        self.children(unit, die, &mut |child| {
            match child.tag() {
                dw::DW_TAG_formal_parameter => {
                    let reference = unit.die_ref(child.offset());
                    let ty = self.inherited(reference, dw::DW_AT_type).and_then(|(unit, v)| self.reference(unit, v));
                    params.push(Parameter {
                        name: self.inherited_string(reference, dw::DW_AT_name).unwrap_or_default(),
                        ty,
                        is_artificial: self.inherited(reference, dw::DW_AT_artificial).is_some(),
                    });
                }
                dw::DW_TAG_unspecified_parameters => variadic = true,
                _ => {}
            }
            true
        })?;
        Ok((params, variadic))
    }
}

fn encoding<'a>(die: &Die<'a>) -> Encoding {
    let value: Option<AttributeValue<R<'a>>> = die.attr_value(dw::DW_AT_encoding);
    let Some(AttributeValue::Encoding(encoding)) = value else { return Encoding::Other };
    match encoding {
        dw::DW_ATE_boolean => Encoding::Boolean,
        dw::DW_ATE_signed => Encoding::Signed,
        dw::DW_ATE_unsigned => Encoding::Unsigned,
        dw::DW_ATE_signed_char => Encoding::SignedChar,
        dw::DW_ATE_unsigned_char => Encoding::UnsignedChar,
        dw::DW_ATE_UTF => Encoding::Utf,
        dw::DW_ATE_float => Encoding::Float,
        dw::DW_ATE_complex_float => Encoding::ComplexFloat,
        dw::DW_ATE_imaginary_float => Encoding::ImaginaryFloat,
        dw::DW_ATE_decimal_float => Encoding::DecimalFloat,
        dw::DW_ATE_address => Encoding::Address,
        _ => Encoding::Other,
    }
}

impl DebugInfo {
    /// What a DIE says about a type; one that is only a signature leads to the type unit.
    pub fn type_die(&self, die: DieRef) -> Result<TypeDie> {
        self.with(|units| units.type_die(die)).map_err(|e| self.damaged(die.unit, e))
    }

    /// The type of a variable, parameter, member, or what a function returns, through what the DIE completes; `None` is `void`.
    pub fn type_of_die(&self, die: DieRef) -> Option<DieRef> {
        self.with(|units| {
            let (unit, value) = units.inherited(die, dw::DW_AT_type)?;
            units.reference(unit, value)
        })
    }

    /// Whether a DIE describes a type.
    pub fn is_type(&self, die: DieRef) -> bool {
        self.with(|units| units.entry(die).is_ok_and(|(_, entry)| is_type_tag(entry.tag())))
    }

    /// DW_AT_language of a unit (DWARF5 §7.12); 0 if it has none.
    pub fn language(&self, unit: UnitId) -> u16 {
        self.with(|units| units.unit(unit).map_or(0, |u| u.language))
    }
}
