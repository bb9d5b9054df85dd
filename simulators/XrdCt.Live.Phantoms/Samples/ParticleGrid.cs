namespace XrdCt.Live.Phantoms.Samples;

/// <summary>Neighbour search for packing: square cells no smaller than the largest particle.</summary>
internal sealed class ParticleGrid
{
    private readonly double _half_um;
    private readonly double _cell_um;
    private readonly int _size;
    private readonly List<Particle>[] _cells;

    public ParticleGrid(double extent_um, double cell_um)
    {
        _half_um = extent_um / 2;
        _cell_um = cell_um;
        _size = (int)Math.Ceiling(extent_um / cell_um);
        _cells = [.. Enumerable.Range(0, _size * _size).Select(_ => new List<Particle>())];
    }

    public void Add(Particle particle) => _cells[(CellOf(particle.Y_um) * _size) + CellOf(particle.X_um)].Add(particle);

    public bool Overlaps(Particle candidate, double gap_um)
    {
        (int firstRow, int lastRow) = Around(candidate.Y_um);
        (int firstColumn, int lastColumn) = Around(candidate.X_um);
        for (int row = firstRow; row <= lastRow; row++)
        {
            for (int column = firstColumn; column <= lastColumn; column++)
            {
                if (OverlapsAny(candidate, _cells[(row * _size) + column], gap_um))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>
    /// Share of the 3 × 3 cells around a point that particles fill already (whole areas of those centred there).
    /// </summary>
    public double FillAround(double x_um, double y_um)
    {
        double area_um2 = 0;
        int cells = 0;
        (int firstRow, int lastRow) = Around(y_um);
        (int firstColumn, int lastColumn) = Around(x_um);
        for (int row = firstRow; row <= lastRow; row++)
        {
            for (int column = firstColumn; column <= lastColumn; column++)
            {
                cells++;
                foreach (Particle particle in _cells[(row * _size) + column])
                {
                    area_um2 += Math.PI * particle.Radius_um * particle.Radius_um;
                }
            }
        }

        return area_um2 / (cells * _cell_um * _cell_um);
    }

    private static bool OverlapsAny(Particle candidate, List<Particle> others, double gap_um)
    {
        foreach (Particle other in others)
        {
            double dx = other.X_um - candidate.X_um;
            double dy = other.Y_um - candidate.Y_um;
            double least = other.Reach_um + candidate.Reach_um + gap_um;
            if ((dx * dx) + (dy * dy) < least * least)
            {
                return true;
            }
        }

        return false;
    }

    private (int First, int Last) Around(double position_um) =>
        (Math.Max(0, CellOf(position_um) - 1), Math.Min(_size - 1, CellOf(position_um) + 1));

    private int CellOf(double position_um) => Math.Clamp((int)((position_um + _half_um) / _cell_um), 0, _size - 1);
}
