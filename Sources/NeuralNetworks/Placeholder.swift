// Placeholder so that the skeleton resolves; replaced by the first real file.
