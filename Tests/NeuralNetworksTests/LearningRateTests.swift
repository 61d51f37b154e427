import Foundation
import NeuralNetworks
import Testing

struct LearningRateTests {
  private func rates(_ schedule: LearningRateSchedule, _ steps: [Int], of total: Int = 100) -> [Double] {
    let scheduler = LearningRateScheduler(schedule, initialRate: 2)
    return steps.map { scheduler.rate(step: $0, totalSteps: total) }
  }

  @Test func constantStays() { #expect(rates(.constant, [0, 50, 1000]) == [2, 2, 2]) }

  @Test func cosineRisesAndFalls() {
    let schedule = LearningRateSchedule.cosine(warmUpSteps: 10, finalFraction: 0.1)
    let result = rates(schedule, [0, 4, 9, 10, 55, 100, 200])
    let expected = [0.2, 1, 2, 2, 1.1, 0.2, 0.2]
    #expect(zip(result, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(rates(.cosine(), [0, 50])[0] == 2 && abs(rates(.cosine(), [50])[0] - 1) < 1e-12)
    #expect(rates(.cosine(warmUpSteps: 10), [5, 10, 20], of: 5).allSatisfy { $0.isFinite })
  }

  @Test func stepsMultiply() { #expect(rates(.step(every: 10, factor: 0.5), [0, 9, 10, 25]) == [2, 2, 1, 0.5]) }

  @Test func plateausLowerTheRate() throws {
    var scheduler = LearningRateScheduler(.plateau(factor: 0.5, patience: 2, minimumFraction: 0.2), initialRate: 2)
    var rates: [Double] = []
    for loss in [1.0, -1, -1, .nan, -2, -1.5, -1.5, 0, 0, 0, 0, 0] {
      scheduler.observe(validationLoss: loss)
      // A checkpoint between any two observations changes nothing.
      scheduler = try JSONDecoder().decode(LearningRateScheduler.self, from: JSONEncoder().encode(scheduler))
      rates.append(scheduler.rate(step: 0, totalSteps: 1))
    }
    #expect(rates == [2, 2, 2, 1, 1, 1, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4])
  }

  @Test func schedulesAreConfiguration() throws {
    let schedules: [LearningRateSchedule] = [
      .constant, .cosine(warmUpSteps: 5), .step(every: 3, factor: 0.1), .plateau(),
    ]
    #expect(try JSONDecoder().decode([LearningRateSchedule].self, from: JSONEncoder().encode(schedules)) == schedules)
    #expect(try JSONDecoder().decode([Activation].self, from: Data("[\"leakyRelu\"]".utf8)) == [.leakyRelu])
  }

  @Test func mistakesStopTheProgram() async {
    await #expect(processExitsWith: .failure) { _ = LearningRateScheduler(.constant, initialRate: 0) }
    await #expect(processExitsWith: .failure) {
      _ = LearningRateScheduler(.step(every: 0, factor: 0.5), initialRate: 1)
    }
  }
}
