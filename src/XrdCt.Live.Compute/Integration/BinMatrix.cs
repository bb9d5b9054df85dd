namespace XrdCt.Live.Compute.Integration;

/// <summary>Which pixels fall into which bin, and with what share: a sparse matrix, compressed by rows (bins).</summary>
/// <param name="Start">First entry of each bin, and the end of the last; length bins + 1.</param>
/// <param name="Pixel">Pixel of each entry; ascending inside a bin, each at most once.</param>
/// <param name="Share">Share of the pixel that falls into the bin, 0…1, per entry; empty where every pixel falls whole into one bin.</param>
internal sealed record BinMatrix(int[] Start, int[] Pixel, float[] Share);
