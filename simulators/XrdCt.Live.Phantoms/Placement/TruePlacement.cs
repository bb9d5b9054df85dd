using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Phantoms.Placement;

/// <summary>
/// Score of any place by the noiseless maps of a sample, worked out by definition and without any of the program's own code: sums over all
/// pixels of discs, the integral of rays in closed form, distances to every pixel of the border. Slow, and what placements are judged by.
/// </summary>
public sealed class TruePlacement
{
    private const int KernelSteps = 4096;

    private readonly PlacementRules _rules;
    private readonly DensityMap[] _phases;
    private readonly DensityMap? _spots;
    private readonly int _size;
    private readonly double _step_um;
    private readonly double[] _local;
    private readonly bool[] _material;
    private readonly List<(double X_um, double Y_um)> _air = [];
    private readonly List<(double X_um, double Y_um, double Value)> _filled = [];
    private readonly double[] _full;
    private readonly double _usualSpots;
    private readonly double[] _kernel;
    private readonly double _kernelStep_um2;
    private readonly (double X_um, double Y_um)[] _grid;

    /// <summary>Looks at the maps.</summary>
    /// <param name="rules">What a good place is.</param>
    /// <param name="phases">Density of each phase of the rules, the first of which says where the sample is.</param>
    /// <param name="spots">Density of large crystals; null where spottiness takes no part.</param>
    /// <param name="gridStep_um">Distance of the places among which the best is looked for, µm, above 0.</param>
    public TruePlacement(PlacementRules rules, IReadOnlyList<DensityMap> phases, DensityMap? spots, double gridStep_um = 12)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(phases);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(gridStep_um);
        (_rules, _phases, _spots) = (rules, [.. phases], spots);
        (_size, _step_um) = (phases[0].Size, phases[0].PixelSize_um);
        _local = [.. Enumerable.Range(0, _size * _size).Select(i => Mean(phases[0].Values, X(i), Y(i), rules.LocalRadius_um))];
        double level = Level();
        _material = [.. _local.Select(v => v > level / 2)];
        FindBorder();
        for (int i = 0; i < _material.Length; i++)
        {
            if (phases[0].Values[i] != 0)
            {
                _filled.Add((X(i), Y(i), phases[0].Values[i]));
            }
        }

        double farthest_um = 2 * _size * _step_um;
        _kernelStep_um2 = farthest_um * farthest_um / (KernelSteps * KernelSteps);
        _kernel = [.. Enumerable.Range(0, KernelSteps + 1).Select(i => Math.Min(1, 2 / Math.PI * Math.Asin(Math.Min(1, rules.Radius_um / Math.Max(1e-9, farthest_um * i / KernelSteps)))))];
        int stride = Math.Max(1, (int)Math.Round(gridStep_um / _step_um));
        _grid = [.. Enumerable.Range(0, _size * _size)
            .Where(i => _material[i] && i % _size % stride == 0 && i / _size % stride == 0)
            .Select(i => (X(i), Y(i)))];
        _full = [.. phases.Select(p => Tenth([.. _grid.Select(g => Mean(p.Values, g.X_um, g.Y_um, rules.Radius_um))]))];
        _usualSpots = spots is null ? 0 : InMaterial(spots.Values) / InMaterial(phases[0].Values);
    }

    /// <summary>Score at a place, sample coordinates, µm; NaN where no ROI may be.</summary>
    public double Score(double x_um, double y_um)
    {
        if (!IsPlace(x_um, y_um))
        {
            return double.NaN;
        }

        double weights = 0, score = 0;
        double mean = Mean(_phases[0].Values, x_um, y_um, _rules.Radius_um);
        for (int p = 0; p < _phases.Length; p++)
        {
            Add(_rules.Phases[p].Weight, _full[p] > 0 ? Math.Min(1, Mean(_phases[p].Values, x_um, y_um, _rules.Radius_um) / _full[p]) : 0);
        }

        double spread = Spread(x_um, y_um) / mean;
        Add(_rules.Weights.Uniformity, 1 / (1 + (spread * spread / (_rules.IntensityTolerance * _rules.IntensityTolerance))));
        Add(_rules.Weights.Edge, Math.Min(1, EdgeDistance_um(x_um, y_um) / (_rules.Radius_um + (_rules.EdgeMargin_um ?? _rules.Radius_um / 2))));
        double ring = Ring(x_um, y_um) / mean;
        Add(_rules.Weights.Cupping, ring <= 0 ? 0 : ring < 1 ? ring : 1 / ring);
        Add(_rules.Weights.InField, InField(x_um, y_um));
        if (_spots is not null)
        {
            double spots = _usualSpots > 0 ? Mean(_spots.Values, x_um, y_um, _rules.Radius_um) / mean / _usualSpots : 0;
            Add(_rules.Weights.Spottiness, spots > 1 ? 1 / spots : 1);
        }

        return score / weights;

        void Add(double weight, double value)
        {
            weights += weight;
            score += weight * value;
        }
    }

    /// <summary>The best place: of a grid, and of all pixels around the best of that.</summary>
    public (double X_um, double Y_um, double Score) Best()
    {
        (double X_um, double Y_um, double Score) best = (double.NaN, double.NaN, double.NegativeInfinity);
        foreach ((double x_um, double y_um) in _grid)
        {
            Try(x_um, y_um);
        }

        (double middleX_um, double middleY_um) = (best.X_um, best.Y_um);
        for (int dy = -3; dy <= 3; dy++)
        {
            for (int dx = -3; dx <= 3; dx++)
            {
                Try(middleX_um + (dx * _step_um), middleY_um + (dy * _step_um));
            }
        }

        return best;

        void Try(double x_um, double y_um)
        {
            if (Score(x_um, y_um) is var score && score > best.Score)
            {
                best = (x_um, y_um, score);
            }
        }
    }

    private double X(int i) => _phases[0].Position_um(i % _size);

    private double Y(int i) => _phases[0].Position_um(i / _size);

    private bool IsPlace(double x_um, double y_um)
    {
        int column = (int)Math.Round(x_um / _step_um) + (_size / 2);
        int row = (int)Math.Round(y_um / _step_um) + (_size / 2);
        return column >= 0 && row >= 0 && column < _size && row < _size && _material[(row * _size) + column]
            && _rules.Forbidden.All(z => Distance(x_um - z.X_um, y_um - z.Y_um) >= z.Radius_um + _rules.Radius_um)
            && (_rules.Reach is not { } r || (x_um >= r.LowestX_um && x_um <= r.HighestX_um && y_um >= r.LowestY_um && y_um <= r.HighestY_um));
    }

    // Pixels whose centres are in the disc, over the area of the disc.
    private double Mean(float[] map, double x_um, double y_um, double radius_um) => Sum(map, x_um, y_um, radius_um) * _step_um * _step_um / (Math.PI * radius_um * radius_um);

    private double Sum(float[] map, double x_um, double y_um, double radius_um)
    {
        double sum = 0;
        ForDisc(x_um, y_um, radius_um, i => sum += map[i]);
        return sum;
    }

    private void ForDisc(double x_um, double y_um, double radius_um, Action<int> act)
    {
        int firstRow = Math.Max(0, (int)Math.Ceiling((y_um - radius_um) / _step_um) + (_size / 2));
        int lastRow = Math.Min(_size - 1, (int)Math.Floor((y_um + radius_um) / _step_um) + (_size / 2));
        for (int row = firstRow; row <= lastRow; row++)
        {
            double dy_um = ((row - (_size / 2)) * _step_um) - y_um;
            double half_um = Math.Sqrt(Math.Max(0, (radius_um * radius_um) - (dy_um * dy_um)));
            int first = Math.Max(0, (int)Math.Ceiling((x_um - half_um) / _step_um) + (_size / 2));
            int last = Math.Min(_size - 1, (int)Math.Floor((x_um + half_um) / _step_um) + (_size / 2));
            for (int column = first; column <= last; column++)
            {
                act((row * _size) + column);
            }
        }
    }

    private double Spread(double x_um, double y_um)
    {
        double sum = 0, squares = 0;
        int count = 0;
        ForDisc(x_um, y_um, _rules.Radius_um, i =>
        {
            sum += _local[i];
            squares += _local[i] * _local[i];
            count++;
        });
        return Math.Sqrt(Math.Max(0, (squares / count) - (sum / count * (sum / count))));
    }

    private double Ring(double x_um, double y_um)
    {
        double outer_um = Math.Sqrt(2) * _rules.Radius_um;
        double area_um2 = Math.PI * _rules.Radius_um * _rules.Radius_um;
        return (Sum(_phases[0].Values, x_um, y_um, outer_um) - Sum(_phases[0].Values, x_um, y_um, _rules.Radius_um)) * _step_um * _step_um / area_um2;
    }

    // A point at a distance r from the centre is seen by the rays of a field of view of radius R at 2/π·asin(R/r) of the angles.
    private double InField(double x_um, double y_um)
    {
        double inside = 0, all = 0;
        double radius2_um2 = _rules.Radius_um * _rules.Radius_um;
        foreach ((double px_um, double py_um, double value) in _filled)
        {
            double r2_um2 = ((px_um - x_um) * (px_um - x_um)) + ((py_um - y_um) * (py_um - y_um));
            all += value * _kernel[(int)Math.Round(Math.Sqrt(r2_um2 / _kernelStep_um2))];
            inside += r2_um2 <= radius2_um2 ? value : 0;
        }

        return inside / all;
    }

    private double EdgeDistance_um(double x_um, double y_um) =>
        Math.Max(0, _air.Min(a => Distance(a.X_um - x_um, a.Y_um - y_um)) - (_step_um / 2));

    // Ridler and Calvard: the threshold is midway between the means of both sides; of what is above, the median.
    private double Level()
    {
        double threshold = _local.Average();
        for (int i = 0; i < 100; i++)
        {
            threshold = (_local.Where(v => v > threshold).Average() + _local.Where(v => v <= threshold).Average()) / 2;
        }

        double[] above = [.. _local.Where(v => v > threshold).Order()];
        return above[above.Length / 2];
    }

    // Air that is connected to the outside and has a neighbour that is not; beyond the map is air.
    private void FindBorder()
    {
        bool[] air = new bool[_material.Length];
        for (bool grows = true; grows;)
        {
            grows = false;
            for (int pass = 0; pass < 2; pass++)
            {
                for (int k = 0; k < air.Length; k++)
                {
                    int i = pass == 0 ? k : air.Length - 1 - k;
                    if (!air[i] && !_material[i] && Neighbours(i).Any(n => n < 0 || air[n]))
                    {
                        air[i] = grows = true;
                    }
                }
            }
        }

        for (int i = 0; i < air.Length; i++)
        {
            if (air[i] && Neighbours(i).Any(n => n >= 0 && !air[n]))
            {
                _air.Add((X(i), Y(i)));
            }
            else if (!air[i] && Neighbours(i).Any(n => n < 0))
            {
                double beyond_um = ((_size / 2) + 1) * _step_um;
                _air.Add(Math.Abs(X(i)) > Math.Abs(Y(i)) ? (Math.Sign(X(i)) * beyond_um, Y(i)) : (X(i), Math.Sign(Y(i)) * beyond_um));
            }
        }
    }

    private int[] Neighbours(int i)
    {
        (int row, int column) = Math.DivRem(i, _size);
        return
        [
            column > 0 ? i - 1 : -1, column < _size - 1 ? i + 1 : -1, row > 0 ? i - _size : -1, row < _size - 1 ? i + _size : -1,
        ];
    }

    private double InMaterial(float[] map) => map.Where((_, i) => _material[i]).Sum(v => (double)v);

    private static double Tenth(double[] values) => values.Order().ElementAt((int)(0.9 * (values.Length - 1)));

    private static double Distance(double x, double y) => Math.Sqrt((x * x) + (y * y));
}
