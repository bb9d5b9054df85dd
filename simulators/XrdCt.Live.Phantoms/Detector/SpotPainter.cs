using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Phantoms.Detector;

/// <summary>
/// Adds what single pixels get beyond the powder: single-crystal spots of the foil and hot pixels. Not thread-safe.
/// </summary>
internal sealed class SpotPainter(VirtualExperiment experiment)
{
    private const int MostSpots = 40;
    private const double FaintestSpot = 3;

    // Rocking curve and spot are cut where they fall below 1 % and 0.03 % of their maxima.
    private const double RockingReach = 3;
    private const double SpotReach = 4;
    private const double Full_deg = 360;

    // Beyond 2θ = 60° nothing reaches a detector across the beam.
    private const double LargestSinTheta = 0.5;

    private readonly List<(double Amplitude, double Row, double Column, double Width_px)> _spots = [];
    private readonly List<(int Pixel, int Counts)> _counts = [];
    private int[] _pixels = [];

    /// <summary>Draws the extra counts of a frame.</summary>
    public void Begin(int index, ScanCell cell)
    {
        double monitor = experiment.MonitorOf(index);
        SeededRandom random = new(experiment.Seed ^ 0x51A7, index);
        CollectSpots(cell, monitor * experiment.TransmissionOf(cell));
        _counts.Clear();
        foreach ((double amplitude, double row, double column, double width_px) in _spots)
        {
            Spread(ref random, amplitude, row, column, width_px);
        }

        // Indexed loops over the interfaces: their enumerators would be allocated for every frame.
        IReadOnlyList<(int Pixel, double Mean)> hot = experiment.Detector.HotPixels;
        for (int i = 0; i < hot.Count; i++)
        {
            _counts.Add((hot[i].Pixel, random.NextPoisson(hot[i].Mean)));
        }

        _counts.Sort(static (a, b) => a.Pixel != b.Pixel ? a.Pixel.CompareTo(b.Pixel) : a.Counts.CompareTo(b.Counts));
        if (_pixels.Length < _counts.Count)
        {
            _pixels = new int[_counts.Count * 2];
        }

        for (int i = 0; i < _counts.Count; i++)
        {
            _pixels[i] = _counts[i].Pixel;
        }
    }

    /// <summary>Adds the extra counts to a block.</summary>
    public void Paint(int firstPixel, Span<int> pixels)
    {
        int at = Array.BinarySearch(_pixels, 0, _counts.Count, firstPixel);
        at = at < 0 ? ~at : at;
        while (at > 0 && _pixels[at - 1] == firstPixel)
        {
            at--;
        }

        for (; at < _counts.Count && _pixels[at] < firstPixel + pixels.Length; at++)
        {
            pixels[_pixels[at] - firstPixel] += _counts[at].Counts;
        }
    }

    private void CollectSpots(ScanCell cell, double monitor)
    {
        double rotation_deg = experiment.Plan.Angle_deg(cell.Rotation);
        double translation_um = experiment.Beam_um(cell);
        (double sin, double cos) = Math.SinCos(double.DegreesToRadians(rotation_deg));
        _spots.Clear();
        IReadOnlyList<AluminiumGrain> grains = experiment.Disc.Grains;
        for (int i = 0; i < grains.Count; i++)
        {
            AluminiumGrain grain = grains[i];
            double off_um = Math.Abs((grain.X_um * cos) - (grain.Y_um * sin) - translation_um);
            double overlap_um = Math.Min(
                ((grain.Size_um + experiment.Plan.Step_um) / 2) - off_um,
                Math.Min(grain.Size_um, experiment.Plan.Step_um));
            if (overlap_um > 0)
            {
                CollectGrain(grain, rotation_deg, monitor * overlap_um / grain.Size_um);
            }
        }

        _spots.Sort(static (a, b) => b.Amplitude.CompareTo(a.Amplitude));
        if (_spots.Count > MostSpots)
        {
            _spots.RemoveRange(MostSpots, _spots.Count - MostSpots);
        }
    }

    private void CollectGrain(AluminiumGrain grain, double rotation_deg, double share)
    {
        for (int i = 0; i < grain.Reflections.Count; i++)
        {
            GrainReflection reflection = grain.Reflections[i];
            double off_deg = Math.IEEERemainder(rotation_deg - reflection.Rotation_deg, Full_deg);
            double u = off_deg / reflection.Mosaic_deg;
            double amplitude = share * reflection.PeakCounts * Math.Exp(-0.5 * u * u);
            double sinTheta = experiment.Wavelength_A / (2 * reflection.Spacing_A);
            if (Math.Abs(u) < RockingReach && amplitude > FaintestSpot && sinTheta < LargestSinTheta)
            {
                (double row, double column) = experiment.Detector.Directions.Project(
                    2 * Math.Asin(sinTheta),
                    reflection.Azimuth_rad + (reflection.AzimuthDrift * off_deg));
                _spots.Add((amplitude, row, column, reflection.Width_px));
            }
        }
    }

    private void Spread(ref SeededRandom random, double amplitude, double row, double column, double width_px)
    {
        ImageShape shape = experiment.Detector.Geometry.Shape;
        int reach = (int)Math.Ceiling(SpotReach * width_px);
        int centreRow = (int)Math.Round(row);
        int centreColumn = (int)Math.Round(column);
        for (int r = Math.Max(0, centreRow - reach); r <= Math.Min(shape.Rows - 1, centreRow + reach); r++)
        {
            for (int c = Math.Max(0, centreColumn - reach); c <= Math.Min(shape.Columns - 1, centreColumn + reach); c++)
            {
                int pixel = (r * shape.Columns) + c;
                double squared = (((r - row) * (r - row)) + ((c - column) * (c - column))) / (width_px * width_px);
                int counts =
                    experiment.Detector.Counts(pixel) ? random.NextPoisson(amplitude * Math.Exp(-0.5 * squared)) : 0;
                if (counts > 0)
                {
                    _counts.Add((pixel, counts));
                }
            }
        }
    }
}
