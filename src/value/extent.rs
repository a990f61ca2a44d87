//! Values that do not live in one place: pieces, and pointers that the compiler has made superfluous.

use std::ops::Range;
use std::sync::Arc;

use super::place::{Absence, Extent, Place, Pointee, Value};
use super::types::Type;

impl Value {
    /// A value in several places. Its bytes were read already, with zeros where there is nothing.
    pub fn in_pieces(ty: &Arc<Type>, bytes: Vec<u8>, extents: Vec<Extent>) -> Value {
        Value::computed(ty, bytes).placed(Place::Pieces { extents: extents.into(), offset: 0 })
    }

    /// A pointer that does not exist, to something that may.
    pub fn synthetic(ty: &Arc<Type>, target: Option<Value>, offset: i64) -> Value {
        Value::absent(ty, Absence::Synthetic).placed(Place::Synthetic(Arc::new(Pointee { target, offset })))
    }

    /// The bits that this value takes up in the whole whose extents its place has.
    fn own_bits(&self, offset: u64) -> Range<u64> {
        let start = offset.saturating_mul(8);
        match self.bits {
            Some(bits) => start + u64::from(bits.start)..start + u64::from(bits.start + bits.len),
            None => start..start.saturating_add(self.ty.size.saturating_mul(8)),
        }
    }

    /// What of it is not there: why, and whether it is the whole.
    pub fn missing(&self) -> Option<(Absence, bool)> {
        match &self.place {
            Place::Absent(why) => Some((*why, true)),
            Place::Synthetic(_) => Some((Absence::Synthetic, true)),
            Place::Pieces { extents, offset } => {
                let own = self.own_bits(*offset);
                let mut there = false;
                let mut why = None;
                for extent in extents.iter().filter(|e| e.bits.start < own.end && own.start < e.bits.end) {
                    match &extent.place {
                        Place::Absent(absence) => why = why.or(Some(*absence)),
                        Place::Synthetic(_) => why = why.or(Some(Absence::Synthetic)),
                        _ => there = true,
                    }
                }
                why.map(|why| (why, !there))
            }
            _ => None,
        }
    }

    /// What it would point to, if it is a pointer that does not exist.
    pub fn pointee(&self) -> Option<&Pointee> {
        match &self.place {
            Place::Synthetic(pointee) => Some(pointee),
            Place::Pieces { extents, offset } => {
                let own = self.own_bits(*offset);
                extents.iter().find(|e| e.bits == own).and_then(|e| match &e.place {
                    Place::Synthetic(pointee) => Some(&**pointee),
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// What a pointer that does not exist leads to, as a value of this type, `by` bytes further; `None` if that is not there.
    pub fn through(&self, ty: &Arc<Type>, by: i64) -> Option<Value> {
        let pointee = self.pointee()?;
        let target = pointee.target.as_ref()?;
        let offset = u64::try_from(pointee.offset.checked_add(by)?).ok()?;
        Some(target.part(ty, offset))
    }

    /// The same pointer that does not exist, `by` bytes further.
    pub fn shifted(&self, by: i64) -> Option<Value> {
        let pointee = self.pointee()?;
        Some(Value::synthetic(&self.ty, pointee.target.clone(), pointee.offset.checked_add(by)?))
    }
}
