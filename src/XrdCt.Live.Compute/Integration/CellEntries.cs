namespace XrdCt.Live.Compute.Integration;

/// <summary>Entries of a sparse matrix as they are found, pixel after pixel; grows as needed.</summary>
internal sealed class CellEntries
{
    private int[] _cells = new int[4096];
    private int[] _pixels = new int[4096];
    private float[] _shares = new float[4096];
    private int _firstOfPixel;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    public ReadOnlySpan<int> Cells => _cells.AsSpan(0, Count);

    public ReadOnlySpan<int> Pixels => _pixels.AsSpan(0, Count);

    public ReadOnlySpan<float> Shares => _shares.AsSpan(0, Count);

    /// <summary>Begins a pixel; a cell that it meets twice, across the discontinuity in azimuth, becomes one entry.</summary>
    public void BeginPixel() => _firstOfPixel = Count;

    /// <summary>Adds a share of a pixel to a cell.</summary>
    public void Add(int cell, int pixel, double share)
    {
        int known = _cells.AsSpan(_firstOfPixel, Count - _firstOfPixel).IndexOf(cell);
        if (known >= 0)
        {
            _shares[_firstOfPixel + known] += (float)share;
            return;
        }

        if (Count == _cells.Length)
        {
            Array.Resize(ref _cells, 2 * Count);
            Array.Resize(ref _pixels, 2 * Count);
            Array.Resize(ref _shares, 2 * Count);
        }

        _cells[Count] = cell;
        _pixels[Count] = pixel;
        _shares[Count] = (float)share;
        Count++;
    }
}
