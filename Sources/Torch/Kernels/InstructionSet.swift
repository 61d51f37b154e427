import CKernels

/// The instruction sets for which the vectorized kernels are compiled; the best one of the machine runs.
public enum InstructionSet: Int32, CaseIterable, Sendable, Comparable {
  /// What every machine has.
  case baseline
  /// AVX2 and fused products.
  case avx2
  /// AVX-512 (F, BW, DQ, VL).
  case avx512

  /// The set that kernels use which this thread calls.
  public static var current: InstructionSet { InstructionSet(rawValue: ck_instruction_set()) ?? .baseline }

  /// The sets that this machine has, the best last.
  public static var available: [InstructionSet] { allCases.filter { $0.rawValue <= ck_best_instruction_set() } }

  /// Makes kernels that this thread calls use this set, for tests.
  ///
  /// - Precondition: the machine has it.
  package func use() {
    precondition(ck_use_instruction_set(rawValue), "InstructionSet: this machine has no \(self)")
  }

  /// Whether the first set is older.
  public static func < (first: InstructionSet, second: InstructionSet) -> Bool { first.rawValue < second.rawValue }
}
