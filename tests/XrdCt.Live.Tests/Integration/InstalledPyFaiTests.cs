using System.Runtime.InteropServices;
using System.Text.Json;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Tests.Simulators;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Integration;

/// <summary>
/// Random geometries against the pyFAI that is installed (Debian's python3-pyfai 0.21.3; skipped without): tilted, oddly shaped, the beam
/// anywhere, every unit, splitting and layout. One Python process integrates all of them.
/// </summary>
public sealed class InstalledPyFaiTests
{
    private const int Seeds = 5;

    /// <summary>Of a pixel's weight: pyFAI's corners are float32, and a pixel far from the beam spans few steps of that in azimuth.</summary>
    private const double ShareResolution = 5e-3;

    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    [Fact]
    public void Mean_RandomGeometries_IsWhatPyFaiGives()
    {
        PyFaiCase[] cases = [.. Enumerable.Range(1, Seeds).SelectMany(seed => PyFaiCase.Random(seed))];
        using var folder = new TemporaryFolder();
        for (int k = 0; k < cases.Length; k++)
        {
            File.WriteAllBytes(folder.File($"{k}.image"), MemoryMarshal.AsBytes<int>(cases[k].Image).ToArray());
            File.WriteAllBytes(folder.File($"{k}.mask"), [.. cases[k].Masked.Select(m => m ? (byte)1 : (byte)0)]);
        }

        File.WriteAllText(folder.File("cases.json"), JsonSerializer.Serialize(cases.Select(c => c.Description), SnakeCase));
        _ = PythonPeer.Run("pyFAI", File.ReadAllText(SmallDetector.Golden("run_pyfai.py")), folder.Path);

        Assert.All(Enumerable.Range(0, cases.Length), k => AssertSame(
            cases[k], MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(folder.File($"{k}.result"))).ToArray()));
    }

    private static void AssertSame(PyFaiCase wanted, double[] witness)
    {
        var plan = new IntegrationPlan(wanted.Geometry, new PixelMask(wanted.Geometry.Shape, wanted.Masked), wanted.Options);
        var pattern = new DiffractionPattern(plan.PatternSize);
        new ReferenceIntegrator(plan, new PixelReader(wanted.Geometry.Shape))
            .Integrate([SmallDetector.Frame(wanted.Image, wanted.Geometry.Shape)], [pattern]);
        (int bins, int cells) = (plan.Axis.BinCount, plan.CellCount);
        Assert.Equal(bins + (3 * cells), witness.Length);
        double[] radial = witness[..bins], signal = witness[bins..(bins + cells)], normalisation = witness[(bins + cells)..(bins + (2 * cells))];
        Assert.All(Enumerable.Range(0, bins), b => Assert.Equal(radial[b], plan.Axis.Centres[b], 1e-4 * plan.Axis.Step * bins / 10));

        // A bounding box may reach beyond ±180° where its pixel does not, and pyFAI moves that into the first and last sector.
        bool boxes = plan.AzimuthAxis is not null && wanted.Options.Splitting == PixelSplitting.BoundingBox;
        (int first, int end) = boxes ? (bins, cells - bins) : (0, cells);
        int moved = 0;
        int poked = 0;
        for (int c = first; c < end; c++)
        {
            double difference = Math.Abs(normalisation[c] - pattern.Normalisation[c]);
            if (wanted.Options.Splitting == PixelSplitting.None && difference > 0.1)
            {
                moved++;
                continue;
            }

            if (plan.AzimuthAxis is not null && difference > ShareResolution * Math.Max(1, normalisation[c]))
            {
                poked++;
                Assert.InRange(difference, 0, 0.2);
                continue;
            }

            Assert.InRange(difference, 0, ShareResolution * Math.Max(1, normalisation[c]));
            if (normalisation[c] > 1)
            {
                Assert.Equal(signal[c] / normalisation[c], pattern.Intensity(c), 1e-3 * signal[c] / normalisation[c]);
            }
        }

        // Where one corner of a pixel pokes across the edge of a sector, pyFAI 0.21.3 gives it up to 0.1 pixels too much or little; a cut with
        // Sutherland and Hodgman's algorithm in Python agrees with ours. All sectors together are right.
        Assert.InRange(poked, 0, boxes ? 0 : cells / 20);
        if (plan.AzimuthAxis is not null && !boxes)
        {
            Assert.All(Enumerable.Range(0, bins), b => Assert.Equal(
                Sectors(b).Sum(c => normalisation[c]),
                Sectors(b).Sum(c => pattern.Normalisation[c]),
                ShareResolution * Math.Max(1, Sectors(b).Sum(c => normalisation[c]))));
        }

        // A pixel whose centre lies on the edge of a bin in float32 may lie in the neighbour in float64.
        Assert.InRange(moved, 0, 6);

        IEnumerable<int> Sectors(int bin) => Enumerable.Range(0, cells / bins).Select(k => (k * bins) + bin);
    }

    private sealed record PyFaiCase(DetectorGeometry Geometry, IntegrationOptions Options, int[] Image, bool[] Masked)
    {
        private static readonly (RadialUnit Unit, string Name)[] Units =
        [
            (RadialUnit.TwoTheta_deg, "2th_deg"),
            (RadialUnit.TwoTheta_rad, "2th_rad"),
            (RadialUnit.Q_invnm, "q_nm^-1"),
            (RadialUnit.Q_invA, "q_A^-1"),
            (RadialUnit.R_mm, "r_mm"),
        ];

        private static readonly ImageShape[] Shapes = [new(97, 131), new(1, 200), new(61, 7), new(64, 64)];

        public object Description => new
        {
            Shape = new[] { Geometry.Shape.Rows, Geometry.Shape.Columns },
            Geometry = new
            {
                Pixel1 = Geometry.PixelSize1_m,
                Pixel2 = Geometry.PixelSize2_m,
                Dist = Geometry.Distance_m,
                Poni1 = Geometry.Poni1_m,
                Poni2 = Geometry.Poni2_m,
                Rot1 = Geometry.Rot1_rad,
                Rot2 = Geometry.Rot2_rad,
                Rot3 = Geometry.Rot3_rad,
                Wavelength = Geometry.Wavelength_m,
            },
            Unit = Units.Single(u => u.Unit == Options.Unit).Name,
            Split = Options.Splitting switch { PixelSplitting.BoundingBox => "bbox", PixelSplitting.Full => "full", _ => "no" },
            Bins = Options.BinCount,
            Sectors = Options.AzimuthSectors,
            AzimuthRange = Options.AzimuthLower_deg is double lower ? new[] { lower, Options.AzimuthUpper_deg!.Value } : null,
            Options.SolidAngle,
            PolarizationFactor = Options.PolarisationFactor,
        };

        /// <summary>For one geometry: 1D with every splitting, with an azimuthal range, and 2D with both ways to split.</summary>
        public static IEnumerable<PyFaiCase> Random(int seed)
        {
            var random = new Random(seed);
            foreach ((int place, string beam) in new[] { "inside", "outside", "at the corner" }.Index())
            {
                DetectorGeometry geometry = Place(random, Shapes[(seed + place) % Shapes.Length], beam);
                var options = new IntegrationOptions
                {
                    Filter = IntegrationFilter.Mean,
                    Unit = Units[random.Next(Units.Length)].Unit,
                    BinCount = random.Next(5, 60),
                    SolidAngle = random.Next(2) == 0,
                    PolarisationFactor = random.Next(2) == 0 ? null : 0.95,
                };
                IntegrationOptions ranged = random.Next(2) == 0
                    ? options with { AzimuthLower_deg = random.Next(-170, -20), AzimuthUpper_deg = random.Next(0, 170) }
                    : options with { AzimuthLower_deg = random.Next(20, 170), AzimuthUpper_deg = random.Next(190, 340) };
                IntegrationOptions cake = options with { AzimuthSectors = random.Next(4, 20), AzimuthLower_deg = -180, AzimuthUpper_deg = 180 };
                foreach (IntegrationOptions wanted in new[] { options, ranged })
                {
                    yield return Frame(random, geometry, wanted);
                    yield return Frame(random, geometry, wanted with { Splitting = PixelSplitting.BoundingBox });
                    yield return Frame(random, geometry, wanted with { Splitting = PixelSplitting.Full });
                }

                yield return Frame(random, geometry, cake with { Splitting = PixelSplitting.BoundingBox });
                yield return Frame(random, geometry, cake with { Splitting = PixelSplitting.Full });
            }
        }

        private static DetectorGeometry Place(Random random, ImageShape shape, string beam)
        {
            (double row, double column) = beam switch
            {
                "inside" => (shape.Rows * Between(0.3, 0.7), shape.Columns * Between(0.3, 0.7)),
                "outside" => (shape.Rows * Between(1.5, 3), -shape.Columns * Between(0.2, 1)),
                _ => (0, 0),
            };
            bool tilted = beam != "at the corner";
            double pixel1_m = Between(5e-5, 2e-4), pixel2_m = Between(5e-5, 2e-4);
            return new DetectorGeometry
            {
                Shape = shape,
                PixelSize1_m = pixel1_m,
                PixelSize2_m = pixel2_m,
                Distance_m = Between(0.02, 0.2),
                Poni1_m = row * pixel1_m,
                Poni2_m = column * pixel2_m,
                Rot1_rad = tilted ? Between(-0.3, 0.3) : 0,
                Rot2_rad = tilted ? Between(-0.3, 0.3) : 0,
                Rot3_rad = tilted ? Between(-0.3, 0.3) : 0,
                Wavelength_m = Between(1e-11, 1e-10),
            };

            double Between(double lower, double upper) => lower + ((upper - lower) * random.NextDouble());
        }

        /// <summary>A smooth image, so that a pixel in the wrong bin is seen by its weight and not by its noise.</summary>
        private static PyFaiCase Frame(Random random, DetectorGeometry geometry, IntegrationOptions options)
        {
            var pixels = new PixelGeometry(geometry);
            (int rows, int columns) = (geometry.Shape.Rows, geometry.Shape.Columns);
            int[] image = new int[rows * columns];
            bool[] masked = new bool[image.Length];
            for (int i = 0; i < image.Length; i++)
            {
                (int row, int column) = (i / columns, i % columns);
                image[i] = 10_000 + (10 * row) + (7 * column) + random.Next(100);

                // Around the beam pyFAI's outlines cross themselves, and what reaches beyond ±180° it moves or loses.
                masked[i] = random.Next(40) == 0
                    || pixels.At(row, column).R_m < 2 * Math.Max(geometry.PixelSize1_m, geometry.PixelSize2_m)
                    || (options.AzimuthSectors is not null && ReachesAcross180(pixels, row, column));
            }

            return new PyFaiCase(geometry, options, image, masked);
        }

        private static bool ReachesAcross180(PixelGeometry pixels, int row, int column)
        {
            double[] azimuths = [.. Enumerable.Range(0, 4).Select(k => pixels.Corner(row, column, k).Azimuth_rad)];
            return azimuths.Max() - azimuths.Min() > Math.PI;
        }
    }
}
