using System.Globalization;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

public sealed class SensorEfficiencyTests
{
    [Fact]
    public void Coefficient_BetweenTheTablesEnergies_IsXraylibs()
    {
        string[] lines = File.ReadAllLines(SmallDetector.Golden("photoabsorption.csv"));
        Assert.Equal(20, lines.Length);
        foreach (string line in lines)
        {
            double[] numbers = [.. line.Split(',').Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
            Assert.Equal(numbers[1], SensorMaterial.Of("Si").Coefficient_cm2g(numbers[0]), 1e-3 * numbers[1]);
            Assert.Equal(numbers[2], SensorMaterial.Of("CdTe").Coefficient_cm2g(numbers[0]), 1e-3 * numbers[2]);
        }
    }

    [Fact]
    public void At_OneMillimetreOfCdTeAt71keV_IsTheLawOfLambertAndBeer()
    {
        // µ = 3.8698 cm²/g · 5.85 g/cm³ = 22.64 /cm: 1 mm absorbs 89.6 % straight and 95.9 % at 45°.
        var efficiency = new SensorEfficiency(Geometry(new SensorLayer("CdTe", 1e-3)));
        Assert.Equal(1, efficiency.At(1), 1e-15);
        Assert.Equal((1 - Math.Exp(-2.264 * Math.Sqrt(2))) / (1 - Math.Exp(-2.264)), efficiency.At(Math.Sqrt(0.5)), 1e-3);
    }

    [Fact]
    public void Plan_SensorAbsorption_MultipliesTheNormalisation()
    {
        DetectorGeometry geometry = Geometry(new SensorLayer("Si", 320e-6));
        IntegrationOptions options = SmallDetector.Options(IntegrationFilter.Mean);
        var without = new IntegrationPlan(geometry, SmallDetector.Mask(), options);
        var with = new IntegrationPlan(geometry, SmallDetector.Mask(), options with { SensorAbsorption = true });
        var pixels = new PixelGeometry(geometry);
        var efficiency = new SensorEfficiency(geometry);
        int columns = geometry.Shape.Columns;
        Assert.All(new[] { 0, 5000, 19_199 }, i => Assert.Equal(
            without.Normalisation[i] * efficiency.At(pixels.At(i / columns, i % columns).CosIncidence), with.Normalisation[i], 1e-14));
        Assert.True(with.Normalisation[19_199] > 1.01 * without.Normalisation[19_199]);
    }

    [Theory]
    [InlineData("Ge", 1e-3, "of Ge is not known, only that of Si and CdTe")]
    [InlineData("Si", 0, "thickness must be above 0 m, not 0")]
    public void Plan_SensorThatCannotBeComputed_SaysWhy(string material, double thickness_m, string sentence)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => Plan(Geometry(new SensorLayer(material, thickness_m))));
        Assert.Contains(sentence, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_NoSensorOrEnergyOutside_SaysWhatIsMissing()
    {
        Assert.Contains("\"sensor\"", Assert.Throws<InvalidOperationException>(() => Plan(Geometry(null))).Message, StringComparison.Ordinal);
        DetectorGeometry soft = Geometry(new SensorLayer("Si", 1e-3)) with { Wavelength_m = PhotonEnergy.ToWavelength_m(2) };
        Assert.Contains("from 5 to 200 keV, not at 2 keV", Assert.Throws<ArgumentException>(() => Plan(soft)).Message, StringComparison.Ordinal);
    }

    private static IntegrationPlan Plan(DetectorGeometry geometry) =>
        new(geometry, SmallDetector.Mask(), SmallDetector.Options(IntegrationFilter.Mean) with { SensorAbsorption = true });

    private static DetectorGeometry Geometry(SensorLayer? sensor) =>
        SmallDetector.Geometry with { Wavelength_m = PhotonEnergy.ToWavelength_m(71), Sensor = sensor };
}
