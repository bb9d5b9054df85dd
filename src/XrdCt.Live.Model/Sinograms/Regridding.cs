namespace XrdCt.Live.Model.Sinograms;

/// <summary>How frames that were taken anywhere make the cells of a regular grid: each cell is a sum of frames, cell = Σ w · frame with Σ w = 1.</summary>
public sealed class Regridding
{
    /// <summary>Coverage below which a cell counts as unmeasured: half a frame.</summary>
    public const float LeastCoverage = 0.5f;

    // Of the frames of a cell, those that have the bin must make up half of it.
    private const double LeastWeight = 0.5;

    private readonly int[] _starts;
    private readonly int[] _frames;
    private readonly float[] _weights;

    /// <summary>Takes the weights.</summary>
    /// <param name="starts">Where the frames of each cell begin in the next two, and their length; one more than there are cells.</param>
    /// <param name="frames">Frame indices, growing within a cell.</param>
    /// <param name="weights">Weights of the frames, which add up to 1 in each cell; some may be negative.</param>
    /// <param name="coverage">How much of a frame lies about each cell, [rotation, translation]: 1 where one lies on it.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public Regridding(int[] starts, int[] frames, float[] weights, float[] coverage)
    {
        ArgumentNullException.ThrowIfNull(starts);
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(coverage);
        if (starts.Length != coverage.Length + 1 || starts[^1] != frames.Length || frames.Length != weights.Length)
        {
            throw new ArgumentException($"{frames.Length} frames, {weights.Length} weights and {coverage.Length} cells do not belong together", nameof(starts));
        }

        (_starts, _frames, _weights, Coverage) = (starts, frames, weights, coverage);
    }

    /// <summary>How much of a frame lies about each cell, [rotation, translation]: 1 where one lies on it, 0 where there is none.</summary>
    public float[] Coverage { get; }

    /// <summary>Whether a cell counts as measured.</summary>
    public bool IsMeasured(int cell) => Coverage[cell] >= LeastCoverage;

    /// <summary>Brings one value per frame onto the grid.</summary>
    /// <param name="frames">Value per frame; NaN tells nothing.</param>
    /// <returns>The value per cell, [rotation, translation]; NaN where the cell is unmeasured and where too few frames have a value.</returns>
    public float[] Mix(ReadOnlySpan<float> frames)
    {
        float[] cells = new float[Coverage.Length];
        for (int cell = 0; cell < cells.Length; cell++)
        {
            double sum = 0;
            double weight = 0;
            for (int i = _starts[cell]; i < _starts[cell + 1] && IsMeasured(cell); i++)
            {
                float value = frames[_frames[i]];
                sum += float.IsNaN(value) ? 0 : (double)_weights[i] * value;
                weight += float.IsNaN(value) ? 0 : _weights[i];
            }

            cells[cell] = weight >= LeastWeight ? (float)(sum / weight) : float.NaN;
        }

        return cells;
    }

    /// <summary>The pattern of a cell, or a piece of it.</summary>
    /// <param name="frames">Patterns by frame.</param>
    /// <param name="cell">Offset of the cell, [rotation, translation].</param>
    /// <param name="firstBin">The first bin of the piece.</param>
    /// <param name="pattern">Receives the sum, one value per bin; NaN where the cell is unmeasured and where too few frames have the bin.</param>
    public void Mix(SinogramStack frames, int cell, int firstBin, Span<float> pattern)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentOutOfRangeException.ThrowIfNegative(firstBin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstBin + pattern.Length, frames.BinCount, nameof(firstBin));
        pattern.Fill(float.NaN);
        if (!IsMeasured(cell))
        {
            return;
        }

        ReadOnlySpan<int> mine = _frames.AsSpan(_starts[cell].._starts[cell + 1]);
        ReadOnlySpan<float> weights = _weights.AsSpan(_starts[cell].._starts[cell + 1]);
        for (int b = 0; b < pattern.Length; b++)
        {
            double sum = 0;
            double weight = 0;
            for (int i = 0; i < mine.Length; i++)
            {
                float value = frames.Values[((long)mine[i] * frames.BinCount) + firstBin + b];
                if (!float.IsNaN(value))
                {
                    sum += (double)weights[i] * value;
                    weight += weights[i];
                }
            }

            pattern[b] = weight >= LeastWeight ? (float)(sum / weight) : float.NaN;
        }
    }
}
