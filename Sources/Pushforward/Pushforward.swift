// The umbrella: one import for the whole package.
@_exported public import Autoencoders
@_exported public import Datasets
@_exported public import DensityEstimation
@_exported public import Diagnostics
@_exported public import Dynamics
@_exported public import Flows
@_exported public import Models
@_exported public import NeuralNetworks
@_exported public import Probability
@_exported public import Reports
@_exported public import Torch
@_exported public import Training
